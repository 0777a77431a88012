package safefile

import "strings"

// accessList is empty: macOS keeps access control lists apart from extended
// attributes, where a program without C cannot copy them.
const accessList = ""

// keepExtended passes over the attributes that macOS manages by itself.
func keepExtended(name string) bool { return !strings.HasPrefix(name, "com.apple.") }
