package protocol

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestCloseCodes(t *testing.T) {
	doc, script := readFile(t, "../docs/codes.md"), readFile(t, "../web/src/codes.ts")
	named := map[CloseCode]bool{}
	last := CloseCode(0)
	for _, info := range CloseCodes() {
		if info.Code < last {
			t.Errorf("%d stands after %d", info.Code, last)
		}
		last = info.Code
		if !named[info.Code] && info.Code.Name() != info.Name {
			t.Errorf("name of %d = %q, want %q", info.Code, info.Code.Name(), info.Name)
		}
		named[info.Code] = true
		if class := info.Code / 100; class == 40 && !info.Reconnect || class == 45 && info.Reconnect {
			t.Errorf("%d: reconnect = %t; 40xx reconnect, 45xx do not", info.Code, info.Reconnect)
		}
		if len(info.Name) == 0 || len(info.Name) > 123 {
			t.Errorf("%d: name %q does not fit in a close frame", info.Code, info.Name)
		}
		row := fmt.Sprintf("| %d | `%s` | %s | %s |\n", info.Code, info.Name, map[bool]string{true: "yes", false: "no"}[info.Reconnect], info.Meaning)
		if !strings.Contains(doc, row) {
			t.Errorf("docs/codes.md lacks %s", row)
		}
		row = fmt.Sprintf("{ code: %d, name: %q, reconnect: %t,", info.Code, info.Name, info.Reconnect)
		if !strings.Contains(script, row) {
			t.Errorf("web/src/codes.ts lacks %s", row)
		}
	}
}

func TestCodes(t *testing.T) {
	doc, script := readFile(t, "../docs/codes.md"), readFile(t, "../web/src/codes.ts")
	seen := map[Code]bool{}
	for _, info := range Codes() {
		if seen[info.Code] {
			t.Errorf("%s stands twice", info.Code)
		}
		seen[info.Code] = true
		if got := info.Code.HTTPStatus(); got != info.HTTPStatus || got < 400 || got > 599 {
			t.Errorf("status of %s = %d, want %d", info.Code, got, info.HTTPStatus)
		}
		if row := fmt.Sprintf("| `%s` | %d | %s |\n", info.Code, info.HTTPStatus, info.Meaning); !strings.Contains(doc, row) {
			t.Errorf("docs/codes.md lacks %s", row)
		}
		if row := fmt.Sprintf(": %q,\n", info.Code); !strings.Contains(script, row) {
			t.Errorf("web/src/codes.ts lacks %s", row)
		}
	}
}

func TestUnlistedCodes(t *testing.T) {
	if got := CloseCode(4999).Name(); got != "" {
		t.Errorf("name = %q, want none", got)
	}
	if got := CloseCode(4999).String(); got != "4999" {
		t.Errorf("string = %q, want the number", got)
	}
	if got := CloseSlowConsumer.String(); got != "slow_consumer" {
		t.Errorf("string = %q, want the name", got)
	}
	if got := Code("nonsense").HTTPStatus(); got != 500 {
		t.Errorf("status = %d, want 500", got)
	}
}

func TestError(t *testing.T) {
	e := Errorf(CodeBadChannel, "channel %q is odd", "a\nb")
	if got, want := e.Error(), `bad_channel: channel "a\nb" is odd`; got != want {
		t.Errorf("error = %s, want %s", got, want)
	}
	if got, want := string(e.AppendBody(nil)), `{"error":{"code":"bad_channel","message":"channel \"a\\nb\" is odd"}}`; got != want {
		t.Errorf("body = %s, want %s", got, want)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
