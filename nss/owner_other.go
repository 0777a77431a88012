//go:build !unix

package nss

import "io/fs"

func ownedByMe(fs.FileInfo) bool { return true }

func handOver(string, fs.FileInfo) error { return nil }

func denied(string) bool { return false }
