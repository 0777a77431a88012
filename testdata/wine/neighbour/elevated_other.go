//go:build !windows

package main

import "errors"

func elevated() error { return errors.ErrUnsupported }
