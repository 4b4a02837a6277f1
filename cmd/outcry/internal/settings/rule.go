package settings

import (
	"errors"
	"slices"
	"strings"

	"github.com/outcry-dev/outcry/protocol"
)

// Rule says what the channels that match a pattern may do. Rules stand in the
// file only; the first that matches a channel wins.
type Rule struct {
	Match         string `json:"match"`
	ClientPublish bool   `json:"client_publish"`
	Presence      bool   `json:"presence"`
	Priority      string `json:"priority"`
	Overflow      string `json:"overflow"`
}

func defaultRule() Rule { return Rule{Priority: "normal", Overflow: "gap"} }

// RuleKey is one key of a rule.
type RuleKey struct {
	Name    string
	Doc     string
	Allowed string
	Default string // empty: must be given

	set func(r *Rule, text string) error
}

// RuleKeys returns the keys of a rule in the order of the documentation.
func RuleKeys() []RuleKey {
	return []RuleKey{
		{
			Name: "match", Allowed: "a channel name or pattern",
			Doc: "Channels of the rule: `*` is one dot-separated segment, `>` at the end all the rest.",
			set: func(r *Rule, text string) error {
				if err := protocol.CheckPattern(text); err != nil {
					return errors.New(err.Message)
				}
				r.Match = text
				return nil
			},
		},
		ruleBool("client_publish", "Clients may publish with the publish command.",
			func(r *Rule) *bool { return &r.ClientPublish }),
		ruleBool("presence", "Record who is subscribed.",
			func(r *Rule) *bool { return &r.Presence }),
		ruleChoice("priority", "Order of the messages that wait for one client.", []string{"normal", "high", "low"},
			func(r *Rule) *string { return &r.Priority }),
		ruleChoice("overflow", "When a client's queue is full: drop its oldest publication and tell it, or close it.", []string{"gap", "close"},
			func(r *Rule) *string { return &r.Overflow }),
	}
}

func ruleBool(name, doc string, field func(*Rule) *bool) RuleKey {
	return RuleKey{
		Name: name, Doc: doc, Allowed: string(Bool), Default: "false",
		set: func(r *Rule, text string) (err error) {
			*field(r), err = parseBool(text)
			return err
		},
	}
}

// ruleChoice is a key whose default is the first option.
func ruleChoice(name, doc string, options []string, field func(*Rule) *string) RuleKey {
	allowed := "one of " + strings.Join(options, ", ")
	return RuleKey{
		Name: name, Doc: doc, Allowed: allowed, Default: options[0],
		set: func(r *Rule, text string) error {
			if !slices.Contains(options, text) {
				return notAllowed(allowed)
			}
			*field(r) = text
			return nil
		},
	}
}
