package javaks

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Internationalised names as java.net.IDN has them (RFC 3490, IDNA 2003), with
// lower case and NFKC for nameprep's tables.

const acePrefix = "xn--"

// idnToASCII is IDN.toASCII; false where it throws.
func idnToASCII(name string) (string, bool) {
	labels := splitLabels(name)
	for i, label := range labels {
		if !isASCII(label) {
			encoded, ok := punyEncode(norm.NFKC.String(strings.ToLower(norm.NFKC.String(label))))
			if !ok {
				return "", false
			}
			label = acePrefix + encoded
		}
		// An empty label may only be the root.
		if len(label) > 63 || label == "" && (i < len(labels)-1 || i == 0) {
			return "", false
		}
		labels[i] = label
	}
	return strings.Join(labels, "."), true
}

// idnToUnicode is IDN.toUnicode of IDN.toASCII; false where the latter throws.
func idnToUnicode(name string) (string, bool) {
	ascii, ok := idnToASCII(name)
	if !ok {
		return "", false
	}
	labels := strings.Split(ascii, ".")
	for i, label := range labels {
		if len(label) < len(acePrefix) || !strings.EqualFold(label[:len(acePrefix)], acePrefix) {
			continue
		}
		decoded, ok := punyDecode(strings.ToLower(label[len(acePrefix):]))
		if !ok {
			continue
		}
		// toUnicode gives up unless the way back leads to the same label.
		if again, ok := punyEncode(norm.NFKC.String(strings.ToLower(decoded))); ok && strings.EqualFold(again, label[len(acePrefix):]) {
			labels[i] = decoded
		}
	}
	return strings.Join(labels, "."), true
}

func splitLabels(name string) []string {
	return strings.Split(strings.NewReplacer("。", ".", "．", ".", "｡", ".").Replace(name), ".")
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}

// Parameters of punycode (RFC 3492 §5).
const (
	punyBase, punyMin, punyMax   = 36, 1, 26
	punySkew, punyDamp           = 38, 700
	punyInitialBias, punyInitial = 72, 0x80
	punyDigits                   = "abcdefghijklmnopqrstuvwxyz0123456789"
)

func punyAdapt(delta, points int, first bool) int {
	if first {
		delta /= punyDamp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for delta > (punyBase-punyMin)*punyMax/2 {
		delta /= punyBase - punyMin
		k += punyBase
	}
	return k + (punyBase-punyMin+1)*delta/(delta+punySkew)
}

func punyThreshold(k, bias int) int { return min(max(k-bias, punyMin), punyMax) }

func punyDecode(s string) (string, bool) {
	if len(s) > 63 {
		return "", false
	}
	var out []rune
	if i := strings.LastIndexByte(s, '-'); i >= 0 {
		out, s = []rune(s[:i]), s[i+1:]
	}
	n, at, bias := punyInitial, 0, punyInitialBias
	for s != "" {
		start, weight := at, 1
		for k := punyBase; ; k += punyBase {
			if s == "" {
				return "", false
			}
			digit := strings.IndexByte(punyDigits, s[0])
			s = s[1:]
			if digit < 0 || digit > (1<<31-1-at)/weight {
				return "", false
			}
			at += digit * weight
			t := punyThreshold(k, bias)
			if digit < t {
				break
			}
			if weight *= punyBase - t; weight > 1<<31/punyBase {
				return "", false
			}
		}
		length := len(out) + 1
		bias = punyAdapt(at-start, length, start == 0)
		n += at / length
		at %= length
		if n > 0x10ffff {
			return "", false
		}
		out = append(out[:at], append([]rune{rune(n)}, out[at:]...)...)
		at++
	}
	return string(out), true
}

func punyEncode(s string) (string, bool) {
	runes := []rune(s)
	if len(runes) > 63 {
		return "", false
	}
	var out strings.Builder
	for _, r := range runes {
		if r < 0x80 {
			out.WriteRune(r)
		}
	}
	basic := out.Len()
	if basic > 0 {
		out.WriteByte('-')
	}
	n, delta, bias := punyInitial, 0, punyInitialBias
	for done := basic; done < len(runes); {
		next := 0x110000
		for _, r := range runes {
			if int(r) >= n && int(r) < next {
				next = int(r)
			}
		}
		delta += (next - n) * (done + 1)
		n = next
		for _, r := range runes {
			if int(r) < n {
				delta++
			}
			if int(r) != n {
				continue
			}
			punyWrite(&out, delta, bias)
			bias = punyAdapt(delta, done+1, done == basic)
			delta = 0
			done++
		}
		delta++
		n++
	}
	return out.String(), true
}

func punyWrite(out *strings.Builder, q, bias int) {
	for k := punyBase; ; k += punyBase {
		t := punyThreshold(k, bias)
		if q < t {
			out.WriteByte(punyDigits[q])
			return
		}
		out.WriteByte(punyDigits[t+(q-t)%(punyBase-t)])
		q = (q - t) / (punyBase - t)
	}
}
