package host

import "testing"

func TestAccessListStranger(t *testing.T) {
	const amy, everyone, users, admins, system = "S-1-5-21-1-2-3-1001", "S-1-1-0", "S-1-5-32-545", "S-1-5-32-544", "S-1-5-18"
	for _, test := range []struct {
		name   string
		list   accessList
		rights uint32
		want   string
	}{
		{"administrators' own", accessList{owner: admins, grants: []grant{{admins, 0x1f01ff}, {system, 0x1f01ff}}}, writeRights, ""},
		{"others may read", accessList{owner: system, grants: []grant{{users, 0x1200a9}}}, writeRights, ""},
		{"others may write", accessList{owner: admins, grants: []grant{{admins, 0x1f01ff}, {users, 0x2}}}, writeRights, users},
		{"others may add beside it", accessList{owner: admins, grants: []grant{{users, 0x6}}}, exchangeRights, ""},
		{"others may delete", accessList{owner: admins, grants: []grant{{everyone, 0x10000}}}, exchangeRights, everyone},
		{"all rights by the short way", accessList{owner: admins, grants: []grant{{users, 0x10000000}}}, exchangeRights, users},
		{"another's", accessList{owner: amy}, writeRights, amy},
		{"no list", accessList{owner: admins, open: true}, writeRights, "everybody"},
		{"the owner's rights", accessList{owner: admins, grants: []grant{{ownerRights, 0x1f01ff}}}, writeRights, ""},
	} {
		if got := test.list.stranger(test.rights); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	mine := accessList{owner: amy, grants: []grant{{amy, 0x1f01ff}, {system, 0x1f01ff}}}
	if got := mine.stranger(writeRights, amy); got != "" {
		t.Errorf("one's own: %q", got)
	}
}
