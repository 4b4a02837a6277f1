package protocol

import (
	"bufio"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// The examples of docs/protocol.md are what this package reads and writes:
// commands decode, and every message of the server has a known type and is
// written the same way by this package's tests.
func TestDocumentedExamples(t *testing.T) {
	served := map[string]bool{"quote": true, TypeMessage: true} // publications are the publisher's
	for _, g := range goldens() {
		c, err := DecodeCommand([]byte(g.want))
		if err != nil {
			t.Fatal(err)
		}
		served[c.Type] = true
	}
	doc := readFile(t, "../docs/protocol.md")
	inTable := regexp.MustCompile("`({\"type\":[^`]*})`")
	sent, received := 0, 0
	for lines := bufio.NewScanner(strings.NewReader(doc)); lines.Scan(); {
		line := lines.Text()
		if text, ok := strings.CutPrefix(line, "> "); ok && strings.HasPrefix(text, "{") {
			checkExample(t, text)
			sent++
		}
		if text, ok := strings.CutPrefix(line, "< "); ok {
			for _, text := range messages(t, text) {
				if c := checkExample(t, text); !served[c.Type] {
					t.Errorf("no message of the server is of type %q: %s", c.Type, text)
				}
				received++
			}
		}
		for _, m := range inTable.FindAllStringSubmatch(line, -1) {
			if c := checkExample(t, m[1]); !served[c.Type] {
				t.Errorf("no message of the server is of type %q: %s", c.Type, m[1])
			}
		}
	}
	if sent < 15 || received < 20 {
		t.Errorf("found %d examples of commands and %d of messages", sent, received)
	}
}

// messages are the texts of a frame: one, or those of an array.
func messages(t *testing.T, frame string) (texts []string) {
	t.Helper()
	if !strings.HasPrefix(frame, "[") {
		return []string{frame}
	}
	var list []jsontext.Value
	if err := json.Unmarshal([]byte(frame), &list); err != nil {
		t.Errorf("%v: %s", err, frame)
	}
	for _, v := range list {
		texts = append(texts, string(v))
	}
	return texts
}

func checkExample(t *testing.T, text string) Command {
	t.Helper()
	c, err := DecodeCommand([]byte(text))
	if err != nil {
		t.Errorf("%v: %s", err, text)
	}
	return c
}

// The texts that clients match on stand in the documentation as they are sent.
func TestDocumentedTexts(t *testing.T) {
	doc := readFile(t, "../docs/protocol.md")
	_, noSubscription := decode(t, "").Subscribe()
	_, noUnsubscription := decode(t, "").Unsubscribe()
	for _, e := range []*Error{
		errInvalidJSON, UnknownType("dance"), noSubscription, noUnsubscription, CheckChannel("no spaces"),
	} {
		if !strings.Contains(doc, `"code":"`+string(e.Code)+`","message":"`+e.Message+`"`) {
			t.Errorf("docs/protocol.md lacks %v", e)
		}
	}
}
