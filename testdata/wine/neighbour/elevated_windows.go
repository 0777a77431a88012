package main

import (
	"errors"

	"golang.org/x/sys/windows"
)

func elevated() error {
	if !windows.GetCurrentProcessToken().IsElevated() {
		return errors.New("not elevated")
	}
	return nil
}
