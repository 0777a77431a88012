package main

import (
	"os"
	"strings"
)

// ecertText returns the texts of the ecert commands in the language of the
// user's environment (setlocale(3): the first of three variables that is set).
func (a *app) ecertText() language {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := os.Getenv(name); value != "" {
			if readsTraditionalChinese(value) {
				return ecertChinese
			}
			break
		}
	}
	return ecertEnglish
}

func readsTraditionalChinese(locale string) bool {
	for _, prefix := range []string{"zh_HK", "zh_MO", "zh_TW", "zh-Hant", "zh_Hant"} {
		if strings.HasPrefix(locale, prefix) {
			return true
		}
	}
	return false
}
