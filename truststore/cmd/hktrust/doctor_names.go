package main

import (
	"encoding/json"
	"net"
	"os"
	"regexp"
	"strings"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/host"
	"sync"
)

// nameless stands for a server's name that was left out, until the language is
// known. It is of the private use area: no name has it.
const nameless = "\ue000"

// hiddenName stands for other names that were left out.
const hiddenName = "…"

// homeOf matches the part of a path that names a user.
var homeOf = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`((?:^|[:= ])(?:/var)?/home/|/Users/|[A-Za-z]:\\Users\\)[^/\\:"' ]+`)
})

// namesOf are the names that a page should not have, and what stands for each.
func namesOf(h *host.Host, d *truststore.Diagnosis) []string {
	var pairs []string
	add := func(name, instead string) {
		if len(name) > 2 {
			pairs = append(pairs, name, instead)
		}
	}
	server := d.Server
	if name, _, err := net.SplitHostPort(server); err == nil {
		server = name
	}
	add(strings.Trim(server, "[]"), nameless)
	if h == nil {
		h = &host.Host{}
	}
	if me, err := h.Me(); err == nil && me.Home != "/root" {
		add(me.Home, "~")
	}
	if name, err := os.Hostname(); err == nil && h.Live() && name != "localhost" {
		add(name, hiddenName)
	}
	return pairs
}

// withoutNames is the diagnosis with names of users and servers left out,
// wherever they stand.
func withoutNames(d *truststore.Diagnosis, names []string) (*truststore.Diagnosis, error) {
	data, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		return nil, err
	}
	replacer := strings.NewReplacer(names...)
	tree = eachString(tree, func(s string) string {
		return homeOf().ReplaceAllString(replacer.Replace(s), "${1}"+hiddenName)
	})
	if data, err = json.Marshal(tree); err != nil {
		return nil, err
	}
	out := &truststore.Diagnosis{}
	return out, json.Unmarshal(data, out)
}

// eachString replaces the strings of a JSON tree, and drops whom a store belongs
// to.
func eachString(node any, replace func(string) string) any {
	switch node := node.(type) {
	case string:
		return replace(node)
	case []any:
		for i := range node {
			node[i] = eachString(node[i], replace)
		}
	case map[string]any:
		delete(node, "owner")
		for key, value := range node {
			if key == "user" {
				value = hiddenName
			}
			node[key] = eachString(value, replace)
		}
	}
	return node
}
