// Package jwtauth admits clients by JSON Web Tokens (RFC 7519) signed with a
// shared secret: a Verifier is an outcry.Authenticator, and Sign makes tokens
// for trying things out and for tests.
//
// The claims: "sub" (the user, required), "exp" (required), "nbf", and of our
// own "roles", "groups", "channels" (lists of strings; the server subscribes
// the client to the channels) and "meta" (a JSON object shown with the
// client). All others are ignored.
package jwtauth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/outcry-dev/outcry"
)

// MinSecret is the shortest secret, in bytes: RFC 7518, section 3.2, asks for
// the size of the hash.
const MinSecret = 32

// MaxToken is the longest token that is looked at, in bytes.
const MaxToken = 8 << 10

// Config says which tokens are valid.
type Config struct {
	// Secret is the HMAC key, at least MinSecret bytes.
	Secret []byte
	// Leeway is how far the clocks of issuer and server may differ: so much
	// longer than "exp" and earlier than "nbf" a token is valid.
	Leeway time.Duration
}

// Verifier checks tokens. It is safe for concurrent use.
type Verifier struct {
	secret []byte
	leeway time.Duration
	parser *jwt.Parser
}

var _ outcry.Authenticator = (*Verifier)(nil)

// Why a token is refused. Fixed texts, so that nothing of a token gets into a
// log.
var (
	errTooLong   = errors.New("token is longer than 8 KiB")
	errMalformed = errors.New("token is malformed")
	errSignature = errors.New("token has no valid signature")
	errExpired   = errors.New("token has expired")
	errTooEarly  = errors.New("token is not valid yet")
	errCritical  = errors.New("token has a critical header")
)

// New returns a Verifier.
func New(cfg Config) (*Verifier, error) {
	if len(cfg.Secret) < MinSecret {
		return nil, fmt.Errorf("jwt secret: %d bytes, must be at least %d", len(cfg.Secret), MinSecret)
	}
	if cfg.Leeway < 0 {
		return nil, fmt.Errorf("jwt leeway: %v, must not be negative", cfg.Leeway)
	}
	return &Verifier{
		secret: bytes.Clone(cfg.Secret),
		leeway: cfg.Leeway,
		// The algorithms are ours to choose, never the token's: RFC 8725,
		// section 3.1.
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{"HS256", "HS384", "HS512"}),
			jwt.WithStrictDecoding(),
			jwt.WithExpirationRequired(),
			jwt.WithLeeway(cfg.Leeway),
		),
	}, nil
}

// Authenticate implements outcry.Authenticator. It does not block. The
// signature is checked before anything that the token says.
func (v *Verifier) Authenticate(_ context.Context, token string) (outcry.Identity, error) {
	if len(token) > MaxToken {
		return outcry.Identity{}, errTooLong
	}
	var c claims
	if _, err := v.parser.ParseWithClaims(token, &c, v.key); err != nil {
		return outcry.Identity{}, reason(err)
	}
	return c.identity(v.leeway), nil
}

// key gives the parser the secret. Extensions that a token declares critical
// are not understood here: RFC 7515, section 4.1.11.
func (v *Verifier) key(t *jwt.Token) (any, error) {
	if _, ok := t.Header["crit"]; ok {
		return nil, errCritical
	}
	return v.secret, nil
}

// reason maps an error of the parser to a fixed text.
func reason(err error) error {
	claim := (*claimError)(nil)
	switch {
	case errors.Is(err, errCritical):
		return errCritical
	case errors.Is(err, jwt.ErrTokenMalformed):
		return errMalformed
	case errors.Is(err, jwt.ErrTokenExpired):
		return errExpired
	case errors.Is(err, jwt.ErrTokenNotValidYet):
		return errTooEarly
	case errors.As(err, &claim):
		return claim
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return &claimError{"exp", "missing"}
	}
	return errSignature
}
