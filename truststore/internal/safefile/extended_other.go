//go:build unix && !linux && !darwin

package safefile

import (
	"errors"
	"os"
)

// Extended attributes are kept on Linux and macOS.
const accessList = ""

func extendedOf(*os.File) (map[string]string, error) { return nil, nil }

func setExtended(*os.File, string, string) error { return errors.ErrUnsupported }

func removeExtended(*os.File, string) error { return errors.ErrUnsupported }
