package javaks

// utcTime checks the content of a UTCTime as DerValue.getUTCTime does.
func (j *jvm) utcTime(b []byte) error {
	if len(b) < 11 || len(b) > 17 {
		return j.refuse("a UTCTime of impossible length")
	}
	return j.clock(b[2:], b[:2], false)
}

// generalizedTime checks the content of a GeneralizedTime as
// DerValue.getGeneralizedTime does.
func (j *jvm) generalizedTime(b []byte) error {
	if len(b) < 13 {
		return j.refuse("a GeneralizedTime of impossible length")
	}
	return j.clock(b[4:], b[:4], true)
}

// clock checks what follows the year: month, day, hour and minute; seconds
// where more than two octets are left; a fraction of them if fractions; Z or an
// offset. Java knows no days of months.
func (j *jvm) clock(b, year []byte, fractions bool) error {
	if !allDigits(year) || !allDigits(b[:8]) {
		return j.refuse("a time with other signs than digits")
	}
	month, day, hour, minute := pair(b), pair(b[2:]), pair(b[4:]), pair(b[6:])
	if month == 0 || month > 12 || day == 0 || day > 31 || hour >= 24 || minute >= 60 {
		return j.refuse("a time that is none")
	}
	b = b[8:]
	if len(b) > 2 {
		if !allDigits(b[:2]) || pair(b) >= 60 {
			return j.refuse("seconds that are none")
		}
		b = b[2:]
		if fractions && (b[0] == '.' || b[0] == ',') {
			digits := 0
			for b = b[1:]; len(b) > 0 && b[0] >= '0' && b[0] <= '9'; b = b[1:] {
				digits++
			}
			if digits == 0 {
				return j.refuse("an empty fraction of a second")
			}
		}
	}
	return j.offset(b)
}

// offset checks what ends a time.
func (j *jvm) offset(b []byte) error {
	switch {
	case len(b) == 1 && b[0] == 'Z':
		return nil
	case len(b) == 5 && (b[0] == '+' || b[0] == '-') && allDigits(b[1:]) && pair(b[1:]) < 24 && pair(b[3:]) < 60:
		return nil
	}
	return j.refuse("a time without Z or offset")
}

func allDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// pair is the number of two digits.
func pair(b []byte) int { return int(b[0]-'0')*10 + int(b[1]-'0') }
