package jwtauth

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Claims is what Sign puts into a token.
type Claims struct {
	UserID   string
	Roles    []string
	Groups   []string
	Channels []string
	Meta     json.RawMessage // a JSON object of at most 1 KiB, or nil
}

// Sign returns a token with the claims c, signed with HS256 and valid from now
// on for ttl, at least a second. Claims that a Verifier would refuse are an
// error.
func Sign(secret []byte, c Claims, ttl time.Duration) (string, error) {
	if len(secret) < MinSecret {
		return "", fmt.Errorf("jwt secret: %d bytes, must be at least %d", len(secret), MinSecret)
	}
	if ttl < time.Second {
		return "", fmt.Errorf("lifetime %v: must be at least a second", ttl)
	}
	now := time.Now()
	issued, expires := float64(now.Unix()), float64(now.Add(ttl).Unix())
	payload := &claims{
		Subject:   c.UserID,
		IssuedAt:  &issued,
		ExpiresAt: &expires,
		Roles:     c.Roles,
		Groups:    c.Groups,
		Channels:  c.Channels,
		Meta:      c.Meta,
	}
	if err := payload.Validate(); err != nil {
		return "", err
	}
	if _, err := payload.GetExpirationTime(); err != nil {
		return "", err
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, payload).SignedString(secret)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	if len(token) > MaxToken {
		return "", fmt.Errorf("token of %d bytes: more than %d", len(token), MaxToken)
	}
	return token, nil
}
