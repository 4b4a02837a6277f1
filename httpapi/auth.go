package httpapi

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/outcry-dev/outcry/protocol"
)

const minKey, maxKey = 8, 512

// keyring holds the SHA-256 digests of the API keys. It is immutable.
type keyring [][sha256.Size]byte

// newKeyring reports every unusable key by its place in the list, never by its
// text.
func newKeyring(keys []string) (keyring, error) {
	var k keyring
	var errs []error
	for i, key := range keys {
		if err := checkKey(key); err != nil {
			errs = append(errs, fmt.Errorf("httpapi: Keys[%d]: %w", i, err))
			continue
		}
		k = append(k, sha256.Sum256([]byte(key)))
	}
	return k, errors.Join(errs...)
}

func checkKey(key string) error {
	if len(key) < minKey || len(key) > maxKey {
		return fmt.Errorf("has %d characters, allowed are %d to %d", len(key), minKey, maxKey)
	}
	for _, c := range []byte(key) {
		if c <= ' ' || c > '~' {
			return errors.New("has a space, a control character or a character outside ASCII")
		}
	}
	return nil
}

// check admits a request that carries one of the keys. The time it takes does
// not depend on which key matched, or how much of one did.
func (k keyring) check(h http.Header) error {
	presented := credential(h)
	if presented == "" {
		return protocol.Errorf(protocol.CodeUnauthenticated,
			"this call needs an API key; send it as X-API-Key: KEY or Authorization: Bearer KEY")
	}
	digest := sha256.Sum256([]byte(presented))
	match := 0
	for i := range k {
		match |= subtle.ConstantTimeCompare(digest[:], k[i][:])
	}
	if match == 0 {
		return protocol.Errorf(protocol.CodeInvalidToken,
			"the API key is not valid; a client's token is not an API key")
	}
	return nil
}

// credential returns the key of X-API-Key, else of Authorization: Bearer, and
// nothing where a header is doubled.
func credential(h http.Header) string {
	keys, auth := h.Values("X-API-Key"), h.Values("Authorization")
	switch {
	case len(keys) == 1:
		return keys[0]
	case len(keys) == 0 && len(auth) == 1:
		scheme, key, _ := strings.Cut(auth[0], " ")
		if strings.EqualFold(scheme, "Bearer") {
			return strings.TrimSpace(key)
		}
	}
	return ""
}

// refuseKeyInURL turns down a key where proxies and histories would record it.
func refuseKeyInURL(u *url.URL) error {
	for name := range u.Query() {
		switch strings.ToLower(name) {
		case "api_key", "api-key", "apikey", "key", "x-api-key", "token", "access_token", "bearer":
			return protocol.Errorf(protocol.CodeBadRequest,
				"a key in the URL (%s=) ends up in logs and is refused; send it as X-API-Key: KEY, and replace this key", name)
		}
	}
	return nil
}
