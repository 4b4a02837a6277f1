package jwtauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"

	"github.com/outcry-dev/outcry"
	"github.com/outcry-dev/outcry/protocol"
)

const (
	maxName  = 128 // bytes of a user id or role
	maxItems = 64  // of a list
	maxMeta  = 1 << 10
	// maxTime is the end of the year 9999 in unix seconds; later times do not
	// fit the timestamps of the protocol.
	maxTime = 253402300799
)

// claims is the payload of a token as this package reads and writes it. Other
// than encoding/json its decoder takes names literally and refuses doubled
// ones, so that no two readers of a token see different claims.
type claims struct {
	Subject   string          `json:"sub"`
	ExpiresAt *float64        `json:"exp"`
	NotBefore *float64        `json:"nbf,omitempty"`
	IssuedAt  *float64        `json:"iat,omitempty"`
	Roles     []string        `json:"roles,omitempty"`
	Groups    []string        `json:"groups,omitempty"`
	Channels  []string        `json:"channels,omitempty"`
	Meta      json.RawMessage `json:"meta,omitempty"`
}

var _ jwt.ClaimsValidator = (*claims)(nil)

// claimError says what is wrong with a claim, without repeating it.
type claimError struct{ name, text string }

func (e *claimError) Error() string { return "claim " + e.name + ": " + e.text }

// UnmarshalJSON is how the JWT library decodes the payload.
func (c *claims) UnmarshalJSON(data []byte) error {
	type plain claims // has no methods, or this would call itself
	return jsonv2.Unmarshal(data, (*plain)(c))
}

// The methods up to GetAudience implement jwt.Claims.

// GetExpirationTime returns "exp".
func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return date("exp", c.ExpiresAt) }

// GetNotBefore returns "nbf".
func (c *claims) GetNotBefore() (*jwt.NumericDate, error) { return date("nbf", c.NotBefore) }

// GetIssuedAt returns "iat".
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error) { return date("iat", c.IssuedAt) }

// GetSubject returns "sub".
func (c *claims) GetSubject() (string, error) { return c.Subject, nil }

// GetIssuer returns none: issuers are not configured with a shared secret.
func (c *claims) GetIssuer() (string, error) { return "", nil }

// GetAudience returns none, as GetIssuer does.
func (c *claims) GetAudience() (jwt.ClaimStrings, error) { return nil, nil }

func date(name string, seconds *float64) (*jwt.NumericDate, error) {
	if seconds == nil {
		return nil, nil //nolint:nilnil // the library's way to say "absent"
	}
	if *seconds < 0 || *seconds > maxTime {
		return nil, &claimError{name, "not a time between 1970 and 9999"}
	}
	whole, part := math.Modf(*seconds)
	return &jwt.NumericDate{Time: time.Unix(int64(whole), int64(part*1e9))}, nil
}

// Validate implements jwt.ClaimsValidator; the library calls it after it has
// checked the signature.
func (c *claims) Validate() error {
	if err := checkName(c.Subject, "*>{}"); err != nil {
		return &claimError{"sub", err.Error()}
	}
	checkRole := func(s string) error { return checkName(s, "") }
	for _, list := range []struct {
		name  string
		items []string
		check func(string) error
	}{
		{"roles", c.Roles, checkRole},
		{"groups", c.Groups, checkChannel},
		{"channels", c.Channels, checkChannel},
	} {
		if len(list.items) > maxItems {
			return &claimError{list.name, fmt.Sprintf("%d items, more than %d", len(list.items), maxItems)}
		}
		for i, item := range list.items {
			if err := list.check(item); err != nil {
				return &claimError{list.name, fmt.Sprintf("item %d: %v", i+1, err)}
			}
		}
	}
	return c.checkMeta()
}

func (c *claims) checkMeta() error {
	if c.Meta == nil {
		return nil
	}
	v := jsontext.Value(c.Meta)
	// Without white space and needless escapes, so that a value is as long as
	// it says, whatever encoder wrote the token.
	if err := v.Format(); err != nil || v.Kind() != jsontext.KindBeginObject {
		return &claimError{"meta", "not a JSON object"}
	}
	if len(v) > maxMeta {
		return &claimError{"meta", fmt.Sprintf("%d bytes, more than %d", len(v), maxMeta)}
	}
	c.Meta = json.RawMessage(v)
	return nil
}

// checkName checks what is shown and logged as a name: a user id or a role.
func checkName(s, forbidden string) error {
	switch {
	case s == "":
		return errors.New("empty or missing")
	case len(s) > maxName:
		return fmt.Errorf("%d bytes, more than %d", len(s), maxName)
	case !utf8.ValidString(s):
		return errors.New("not valid UTF-8")
	}
	for i, r := range s {
		if !unicode.IsGraphic(r) || strings.ContainsRune(forbidden, r) {
			return fmt.Errorf("character %+q at byte %d is not allowed", r, i)
		}
	}
	return nil
}

func checkChannel(name string) error {
	// The nil of a *protocol.Error must not become a non-nil error.
	if err := protocol.CheckChannel(name); err != nil {
		return errors.New(err.Message)
	}
	return nil
}

// identity is what valid claims say.
func (c *claims) identity(leeway time.Duration) outcry.Identity {
	id := outcry.Identity{
		UserID:   c.Subject,
		Roles:    c.Roles,
		Groups:   c.Groups,
		Channels: c.Channels,
		Metadata: c.Meta,
	}
	if exp, err := c.GetExpirationTime(); err == nil && exp != nil {
		id.ExpiresAt = exp.Add(leeway)
	}
	return id
}
