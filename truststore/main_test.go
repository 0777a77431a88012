package truststore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"testing"

	"github.com/hktrust/hktrust/testdata/tlsclient"
	"github.com/hktrust/hktrust/truststore"
)

// The test binary is run again as a child where a test needs another process:
// one that may be killed, or one that runs as another user.
const (
	childVariable = "HKTRUST_TEST_CHILD"
	childAsUser   = "as-user"
	childJob      = "job"
)

func TestMain(m *testing.M) {
	tlsclient.Main()
	switch os.Getenv(childVariable) {
	case "":
		os.Exit(m.Run())
	case childAsUser:
		if err := truststore.ServeUser(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case childJob:
		// One thread for all system calls: they come in the same order each time.
		runtime.GOMAXPROCS(1)
		runtime.LockOSThread()
		var j job
		if err := json.Unmarshal([]byte(os.Getenv("HKTRUST_TEST_JOB")), &j); err != nil {
			panic(err)
		}
		if err := j.run(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
