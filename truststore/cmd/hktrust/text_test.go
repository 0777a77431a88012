package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// codesByGroup returns the codes of truststore/codes.go, a list for each block
// of constants: reasons of changes, reasons of failures, findings, conditions.
func codesByGroup(t *testing.T) [][]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var groups [][]string
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.CONST {
			continue
		}
		var group []string
		for _, spec := range gen.Specs {
			for _, value := range spec.(*ast.ValueSpec).Values {
				code, err := strconv.Unquote(value.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				group = append(group, code)
			}
		}
		groups = append(groups, group)
	}
	return groups
}

// Whatever a report says, there are words for it.
func TestEveryCodeHasItsText(t *testing.T) {
	groups := codesByGroup(t)
	if len(groups) != 5 {
		t.Fatalf("codes.go has %d blocks of codes: say here which texts each needs", len(groups))
	}
	for i, prefixes := range [][]string{{"code."}, {"code."}, {"finding."}, {"finding."}, {"condition.", "code."}} {
		for _, code := range groups[i] {
			for _, prefix := range prefixes {
				if english()[prefix+code] == "" {
					t.Errorf("no text %s%s", prefix, code)
				}
			}
		}
	}
}

// families are the keys that are put together of a prefix and a code or a word
// of the library.
var families = []string{"code.", "finding.", "condition.", "status.", "help.", "word.", "error.", "certs.root", "certs.issuing", "certs.cross", "count."}

// Every key that the command asks for exists, and every text is asked for.
func TestEveryKeyIsUsed(t *testing.T) {
	used := keysInSource(t)
	for _, key := range used {
		if _, ok := english()[key]; !ok {
			t.Errorf("there is no text %s", key)
		}
	}
	for key := range commonEnglish() {
		family := slices.ContainsFunc(families, func(f string) bool { return strings.HasPrefix(key, f) })
		if !family && !slices.Contains(used, key) {
			t.Errorf("the text %s is not used", key)
		}
	}
	known := slices.Concat(codesByGroup(t)...)
	for key := range commonEnglish() {
		for _, prefix := range families[:3] {
			code, ok := strings.CutPrefix(key, prefix)
			if ok && code != "replacement" && !slices.Contains(known, code) {
				t.Errorf("the text %s is of no code", key)
			}
		}
	}
}

var keyPattern = regexp.MustCompile(`^(flag|summary|count|refused|advice|certs|list|undo|plan|help|usage|format|label|progress)\.[a-z0-9-]+$`)

// keysInSource returns the string literals in the command's source that look
// like keys.
func keysInSource(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || strings.Contains(name, "text_") {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, src, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, _ := strconv.Unquote(lit.Value); keyPattern.MatchString(text) {
					keys = append(keys, text)
				}
			}
			return true
		})
	}
	return keys
}

// Both languages say the same things of the same arguments.
func TestLanguagesAreComplete(t *testing.T) {
	placeholder := regexp.MustCompile(`\{[a-zA-Z0-9]+\}|` + "`[^`]+`" + `|--[a-z-]+`)
	for key, text := range english() {
		other, ok := chinese()[key]
		a, b := placeholder.FindAllString(text, -1), placeholder.FindAllString(other, -1)
		slices.Sort(a)
		slices.Sort(b)
		if !ok || key != "format.next" && (text == "") != (other == "") || !slices.Equal(a, b) {
			t.Errorf("%s: %q, %q", key, text, other)
		}
		if broken := strings.Trim(regexp.MustCompile(`\{[a-zA-Z0-9]+\}`).ReplaceAllString(text+other, ""), "{}"); strings.ContainsAny(broken, "{}") {
			t.Errorf("%s: placeholders in %q", key, text)
		}
	}
	for key := range chinese() {
		if _, ok := english()[key]; !ok {
			t.Errorf("%s: no English", key)
		}
	}
}

// quoted is what a program shows, in its own words.
var quoted = regexp.MustCompile(`「[^」]*」|` + "`[^`]*`" + `|\{[^}]*\}`)

// The Chinese is that of Hong Kong, in full-width marks.
func TestChineseOfHongKong(t *testing.T) {
	forbidden := regexp.MustCompile(`憑證|軟體|網路|網際|伺服機|服務器|程序|文件夾|檔案夾|默認|設置|信息|數據庫|登錄|登陸|導入|導出|內建|數位|隱私|私鑰|公鑰|金鑰|簽章|頒發|根證書|中間證書|使用者|作業系統|計畫|命令[^列]|列印|點擊|賬號|帳號|郵箱|訪問|打開文件|激活|您|它|唔|嘅|們|` +
		`\p{Han}[,;?!:]|[“”‘’]|…[^）；]|。。|\x{3000}|[，。：；？「」（）、] | [，。：；？」（）、]|` +
		`[书证链钥络软码设选项错误检连载删读写关开户为这个时间级统员电导执权续签发过请备还张条显报长区网与复后里于]`)
	spacing := regexp.MustCompile(`\p{Han} ?[0-9]+ \p{Han}|\p{Han}[A-Za-z]|[A-Za-z]\p{Han}`)
	for key, text := range chinese() {
		plain := quoted.ReplaceAllString(text, "_")
		for _, bad := range []*regexp.Regexp{forbidden, spacing} {
			if found := bad.FindString(plain); found != "" && !strings.HasPrefix(key, "format.") {
				t.Errorf("%s: %q in %q", key, found, text)
			}
		}
	}
}

func TestSayFillsIn(t *testing.T) {
	if got := english().say("summary.exit", "exit", "4"); got != "Exit code 4." {
		t.Errorf("say makes %q", got)
	}
	if got := chinese().say("condition.expired", "date", "2023-05-05"); got != "已於2023年5月5日過期" {
		t.Errorf("say makes %q", got)
	}
}

func TestPadCountsColumns(t *testing.T) {
	for text, want := range map[string]string{"ok": "ok    ", "正常": "正常  ", "未能確定": "未能確定", "é": "é     "} {
		if got := pad(text, 6); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// What a text says of a finding is among the arguments that its code is documented
// to have, but for what the command itself adds.
func TestArgumentsOfFindingsAreDocumented(t *testing.T) {
	src, err := os.ReadFile("../../codes.go")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`Code = "([^"]+)".*Args: ([a-zA-Z0-9, ]+)`)
	documented := map[string][]string{}
	for _, m := range line.FindAllStringSubmatch(string(src), -1) {
		documented[m[1]] = strings.Split(m[2], ", ")
	}
	for key, text := range english() {
		code, ok := strings.CutPrefix(key, "finding.")
		for _, m := range regexp.MustCompile(`\{([a-zA-Z0-9]+)\}`).FindAllStringSubmatch(text, -1) {
			if ok && !slices.Contains([]string{"hktrust", "quoted"}, m[1]) && !slices.Contains(documented[code], m[1]) {
				t.Errorf("codes.go does not say that %s has the argument %s", code, m[1])
			}
		}
	}
}
