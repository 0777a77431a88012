package host

import (
	"context"
	"errors"
	"testing"
	"time"
)

// Who stops the processes that work as them is given up for that run, alone.
func TestBudgetOfAUser(t *testing.T) {
	amy, bob := User{Name: "amy", UID: 1001}, User{Name: "bob", UID: 1002}
	asked := map[string]int{}
	h := &Host{AsUser: func(ctx context.Context, u User, _ []byte) ([]byte, error) {
		asked[u.Name]++
		if u.UID == bob.UID {
			return []byte("served"), nil
		}
		<-ctx.Done() // as a process that is stopped
		return nil, context.Cause(ctx)
	}}
	for run := 1; run <= 2; run++ {
		limited := h.WithBudget(20 * time.Millisecond)
		for range 3 {
			if _, err := limited.AsUser(t.Context(), amy, nil); !errors.Is(err, ErrGivenUp) {
				t.Fatal(err)
			}
			if answer, err := limited.AsUser(t.Context(), bob, nil); err != nil || string(answer) != "served" {
				t.Fatalf("%q, %v", answer, err)
			}
		}
		if asked["amy"] != run {
			t.Errorf("amy was waited for %d times in %d runs", asked["amy"], run)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := h.WithBudget(time.Hour).AsUser(ended, amy, nil); errors.Is(err, ErrGivenUp) || !errors.Is(err, context.Canceled) {
		t.Errorf("a run that its caller ends: %v", err)
	}
}
