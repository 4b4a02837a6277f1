package conformance

import (
	"testing"

	"github.com/outcry-dev/outcry/test/process"
)

// program is the server under test, built once.
var program process.Program

func TestMain(m *testing.M) { process.Main(m, &program) }
