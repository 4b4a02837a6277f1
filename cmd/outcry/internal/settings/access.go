package settings

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// Access says who may connect, and from where.
type Access struct {
	RequireAuth    bool
	JWTSecret      string
	JWTSecretFile  string
	APIKeys        []string
	APIKeysFile    string
	TokenInQuery   bool
	AllowedOrigins []string
	AllowedHosts   []string
	TrustedProxies []netip.Prefix
}

func defaultAccess() Access {
	return Access{RequireAuth: true, TokenInQuery: true, AllowedOrigins: []string{"*"}}
}

const (
	minSecret = 32 // bytes: RFC 7518, section 3.2
	maxSecret = 8 << 10
	minAPIKey = 8 // characters, as the HTTP API demands
	maxAPIKey = 512
	// shortAPIKey is the length below which a key is accepted with a warning.
	shortAPIKey = 16

	allowedSecret = "at least 32 bytes (RFC 7518, section 3.2); make one with: openssl rand -base64 48"
	allowedAPIKey = "8 to 512 visible ASCII characters without a comma"
	allowedOrigin = `"*", or exact origins such as "https://app.example.com:8443"`
	allowedHost   = "host names or addresses without a port"
	allowedProxy  = `networks such as "10.0.0.0/8", or single addresses`
)

func accessKeys() []Key {
	return []Key{
		boolean("require_auth", "Admit only clients with a valid token.",
			func(s *Settings) *bool { return &s.Access.RequireAuth }),
		secret("jwt_secret", "Key that signs clients' tokens (HS256, HS384, HS512); the text's own bytes.", allowedSecret,
			func(s *Settings) *string { return &s.Access.JWTSecret }, checkSecret),
		text("jwt_secret_file", "File that holds jwt_secret; the line end is cut off.", "a path",
			func(s *Settings) *string { return &s.Access.JWTSecretFile }, isPath),
		list(Key{Path: "api_keys", Doc: "Keys of back ends that call the HTTP API.", Allowed: allowedAPIKey, Secret: true},
			func(s *Settings) *[]string { return &s.Access.APIKeys }, parseAPIKey),
		text("api_keys_file", "File that holds api_keys, one per line.", "a path",
			func(s *Settings) *string { return &s.Access.APIKeysFile }, isPath),
		boolean("token_in_query", `Accept tokens as "?token=T". Proxies may log them; off is safer.`,
			func(s *Settings) *bool { return &s.Access.TokenInQuery }),
		list(Key{Path: "allowed_origins", Doc: "Pages that may connect from a browser.", Allowed: allowedOrigin},
			func(s *Settings) *[]string { return &s.Access.AllowedOrigins }, parseOrigin),
		list(Key{Path: "allowed_hosts", Doc: "Host headers that are served; empty: all.", Allowed: allowedHost},
			func(s *Settings) *[]string { return &s.Access.AllowedHosts }, parseHost),
		list(Key{Path: "trusted_proxies", Doc: "Proxies whose X-Forwarded-For is believed.", Allowed: allowedProxy},
			func(s *Settings) *[]netip.Prefix { return &s.Access.TrustedProxies }, parseNetwork),
	}
}

func checkSecret(text string) error {
	switch {
	case text == "":
		return nil
	case len(text) < minSecret:
		return fmt.Errorf("only %d bytes long; allowed: %s", len(text), allowedSecret)
	case len(text) > maxSecret:
		return fmt.Errorf("%d bytes long; allowed: at most %d bytes", len(text), maxSecret)
	}
	return nil
}

func parseAPIKey(text string) (string, error) {
	for _, r := range text {
		if r <= ' ' || r > '~' || r == ',' {
			return "", notAllowed(allowedAPIKey)
		}
	}
	if len(text) < minAPIKey || len(text) > maxAPIKey {
		return "", notAllowed(allowedAPIKey)
	}
	return text, nil
}

func parseOrigin(text string) (string, error) {
	if text == "*" {
		return text, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Host == "" || !strings.EqualFold(u.Scheme+"://"+u.Host, text) {
		return "", notAllowed(allowedOrigin)
	}
	if strings.ContainsAny(u.Host, "* ") {
		return "", errors.New("an origin is compared exactly, so a part of it cannot be a wildcard; allowed: " + allowedOrigin)
	}
	return text, nil
}

func parseHost(text string) (string, error) {
	if _, err := netip.ParseAddr(text); err == nil {
		return text, nil
	}
	if text == "" || !isWord(text, ".-_") {
		return "", notAllowed(allowedHost)
	}
	return text, nil
}

func parseNetwork(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	network, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, notAllowed(allowedProxy)
	}
	return network.Masked(), nil
}

func isPath(text string) bool { return !strings.ContainsRune(text, 0) }
