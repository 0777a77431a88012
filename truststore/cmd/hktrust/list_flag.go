package main

import "strings"

// list is the value of an option that may be given several times. Those of pflag
// make a writer of CSV each, even where no option is given.
type list []string

func (l *list) Set(value string) error {
	*l = append(*l, value)
	return nil
}

func (l *list) String() string { return strings.Join(*l, ", ") }

func (*list) Type() string { return "stringArray" }
