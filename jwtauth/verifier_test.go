package jwtauth

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry"
)

func secret() []byte { return []byte("0123456789abcdef0123456789abcdef") }

func newVerifier(t testing.TB, leeway time.Duration) *Verifier {
	t.Helper()
	v, err := New(Config{Secret: secret(), Leeway: leeway})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// forge signs any payload with any method, as an attacker or a foreign issuer
// would.
func forge(t testing.TB, method jwt.SigningMethod, key any, header map[string]any, payload jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, payload)
	maps.Copy(token.Header, header)
	s, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// raw signs a payload that is not made by a JSON encoder.
func raw(t testing.TB, payload string) string {
	t.Helper()
	enc := base64.RawURLEncoding
	text := enc.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + enc.EncodeToString([]byte(payload))
	sig, err := jwt.SigningMethodHS256.Sign(text, secret())
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + enc.EncodeToString(sig)
}

func in(d time.Duration) int64 { return time.Now().Add(d).Unix() }

func TestAuthenticate(t *testing.T) {
	v := newVerifier(t, 0)
	exp := in(time.Hour)
	payload := jwt.MapClaims{
		"sub": "u1", "exp": exp, "nbf": in(-time.Minute), "iat": in(0), "iss": "elsewhere", "aud": []string{"x"},
		"roles": []string{"trader"}, "groups": []string{"vip"}, "channels": []string{"orders.u1", "한국.주식"},
		"meta": map[string]any{"plan": "pro"},
	}
	want := outcry.Identity{
		UserID: "u1", Roles: []string{"trader"}, Groups: []string{"vip"}, Channels: []string{"orders.u1", "한국.주식"},
		Metadata: []byte(`{"plan":"pro"}`), ExpiresAt: time.Unix(exp, 0),
	}
	for _, method := range []jwt.SigningMethod{jwt.SigningMethodHS256, jwt.SigningMethodHS384, jwt.SigningMethodHS512} {
		t.Run(method.Alg(), func(t *testing.T) {
			got, err := v.Authenticate(context.Background(), forge(t, method, secret(), nil, payload))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("identity (-want +got):\n%s", diff)
			}
		})
	}
}

// TestForged covers what case 30 says of tokens, as far as it concerns HMAC.
func TestForged(t *testing.T) {
	v := newVerifier(t, 0)
	good := jwt.MapClaims{"sub": "u1", "exp": in(time.Hour)}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	valid := forge(t, jwt.SigningMethodHS256, secret(), nil, good)
	head, body, _ := strings.Cut(valid, ".")
	body, _, _ = strings.Cut(body, ".")
	none := forge(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, good)
	enc := base64.RawURLEncoding
	expired := jwt.MapClaims{"sub": "u1", "exp": in(-time.Hour)}
	for name, tt := range map[string]struct {
		token string
		want  error
	}{
		"case 30, alg none":            {none, errSignature},
		"case 30, alg None":            {enc.EncodeToString([]byte(`{"alg":"None"}`)) + "." + body + ".", errSignature},
		"case 30, alg NONE":            {enc.EncodeToString([]byte(`{"alg":"NONE"}`)) + "." + body + ".", errSignature},
		"case 30, no alg":              {enc.EncodeToString([]byte(`{}`)) + "." + body + ".", errSignature},
		"case 30, RSA":                 {forge(t, jwt.SigningMethodRS256, rsaKey, nil, good), errSignature},
		"case 30, ECDSA":               {forge(t, jwt.SigningMethodES256, ecKey, nil, good), errSignature},
		"case 30, embedded key":        {forge(t, jwt.SigningMethodHS256, []byte(strings.Repeat("x", 32)), map[string]any{"jwk": map[string]any{"kty": "oct", "k": "eHh4"}, "jku": "http://127.0.0.1:1/", "kid": "../../x"}, good), errSignature},
		"case 30, crit":                {forge(t, jwt.SigningMethodHS256, secret(), map[string]any{"crit": []string{"exp"}}, good), errCritical},
		"wrong key":                    {forge(t, jwt.SigningMethodHS256, []byte(strings.Repeat("x", 32)), nil, good), errSignature},
		"no signature":                 {head + "." + body + ".", errSignature},
		"changed payload":              {head + "." + enc.EncodeToString([]byte(`{"sub":"root","exp":99999999999}`)) + "." + valid[len(head)+len(body)+2:], errSignature},
		"case 32, expired and forged":  {forge(t, jwt.SigningMethodHS256, []byte(strings.Repeat("x", 32)), nil, expired), errSignature},
		"case 32, 1 MB of dots":        {strings.Repeat(".", 1<<20), errTooLong},
		"case 32, one byte too long":   {strings.Repeat("a", MaxToken+1), errTooLong},
		"dots":                         {strings.Repeat(".", MaxToken), errMalformed},
		"empty":                        {"", errMalformed},
		"two parts":                    {head + "." + body, errMalformed},
		"not base64":                   {"!." + body + ".x", errMalformed},
		"header null":                  {enc.EncodeToString([]byte(`null`)) + "." + body + ".x", errSignature},
		"payload null":                 {raw(t, `null`), &claimError{}},
		"payload list":                 {raw(t, `[]`), errMalformed},
		"doubled claim":                {raw(t, `{"sub":"u1","sub":"root","exp":99999999999}`), errMalformed},
		"invalid UTF-8":                {raw(t, "{\"sub\":\"\xff\",\"exp\":99999999999}"), errMalformed},
		"names in another case":        {raw(t, `{"SUB":"u1","EXP":99999999999}`), &claimError{}},
		"trailing data":                {raw(t, `{"sub":"u1","exp":99999999999} {}`), errMalformed},
		"stray bits in the signature":  {valid[:len(valid)-1] + "B", errMalformed},
		"line break inside the token":  {head + "\n." + body + ".x", errMalformed},
		"signature of another token":   {valid[:len(head)+len(body)+2] + strings.Repeat("A", 43), errSignature},
		"deeply nested header, 4 KB":   {enc.EncodeToString([]byte(strings.Repeat("[", 4096))) + "." + body + ".x", errMalformed},
		"deeply nested payload, 4 KB":  {head + "." + enc.EncodeToString([]byte(strings.Repeat(`{"a":`, 800))) + ".x", errMalformed},
		"unsigned, payload is garbage": {head + ".e30.", errSignature},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := v.Authenticate(context.Background(), tt.token)
			if err == nil {
				t.Fatalf("admitted as %+v", got)
			}
			if _, isClaim := tt.want.(*claimError); isClaim { //nolint:errorlint // the table's own value
				if _, ok := err.(*claimError); !ok { //nolint:errorlint // never wrapped
					t.Errorf("got %v, want an error about a claim", err)
				}
			} else if err != tt.want { //nolint:errorlint // never wrapped
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if !cmp.Equal(got, outcry.Identity{}) {
				t.Errorf("refused, yet got %+v", got)
			}
		})
	}
}

// TestClaims covers case 31, as far as the claims are read.
func TestClaims(t *testing.T) {
	v := newVerifier(t, 0)
	const exp = `"exp":99999999999`
	long := strings.Repeat("x", 129)
	many := "[" + strings.Repeat(`"a",`, 64) + `"a"]`
	for name, tt := range map[string]struct{ payload, want string }{
		"case 31, exp absent":        {`{"sub":"u"}`, "claim exp: missing"},
		"case 31, exp null":          {`{"sub":"u","exp":null}`, "claim exp: missing"},
		"case 31, exp past":          {`{"sub":"u","exp":1}`, "token has expired"},
		"case 31, exp 1e308":         {`{"sub":"u","exp":1e308}`, "claim exp: not a time between 1970 and 9999"},
		"case 31, exp 1e400":         {`{"sub":"u","exp":1e400}`, "token is malformed"},
		"case 31, exp negative":      {`{"sub":"u","exp":-1}`, "claim exp: not a time between 1970 and 9999"},
		"case 31, exp string":        {`{"sub":"u","exp":"99999999999"}`, "token is malformed"},
		"case 31, nbf future":        {`{"sub":"u",` + exp + `,"nbf":99999999998}`, "token is not valid yet"},
		"case 31, sub absent":        {`{` + exp + `}`, "claim sub: empty or missing"},
		"case 31, sub empty":         {`{"sub":"",` + exp + `}`, "claim sub: empty or missing"},
		"case 31, sub with *:{}":     {`{"sub":"*:{}",` + exp + `}`, "claim sub: character '*' at byte 0 is not allowed"},
		"case 31, sub with {":        {`{"sub":"a{",` + exp + `}`, "claim sub: character '{' at byte 1 is not allowed"},
		"case 31, sub with }":        {`{"sub":"a}",` + exp + `}`, "claim sub: character '}' at byte 1 is not allowed"},
		"case 31, sub with >":        {`{"sub":"a>",` + exp + `}`, "claim sub: character '>' at byte 1 is not allowed"},
		"case 31, sub with CR LF":    {`{"sub":"a\r\nb",` + exp + `}`, `claim sub: character '\r' at byte 1 is not allowed`},
		"sub with NUL":               {`{"sub":"a\u0000",` + exp + `}`, `claim sub: character '\x00' at byte 1 is not allowed`},
		"sub that turns the line":    {`{"sub":"a\u202eb",` + exp + `}`, `claim sub: character '\u202e' at byte 1 is not allowed`},
		"sub too long":               {`{"sub":"` + long + `",` + exp + `}`, "claim sub: 129 bytes, more than 128"},
		"sub a number":               {`{"sub":1,` + exp + `}`, "token is malformed"},
		"roles a string":             {`{"sub":"u",` + exp + `,"roles":"trader"}`, "token is malformed"},
		"too many roles":             {`{"sub":"u",` + exp + `,"roles":` + many + `}`, "claim roles: 65 items, more than 64"},
		"empty role":                 {`{"sub":"u",` + exp + `,"roles":["a",""]}`, "claim roles: item 2: empty or missing"},
		"role with a line end":       {`{"sub":"u",` + exp + `,"roles":["a\n"]}`, `claim roles: item 1: character '\n' at byte 1 is not allowed`},
		"too many groups":            {`{"sub":"u",` + exp + `,"groups":` + many + `}`, "claim groups: 65 items, more than 64"},
		"group with a wildcard":      {`{"sub":"u",` + exp + `,"groups":["a.*"]}`, "claim groups: item 1: "},
		"case 47, internal channel":  {`{"sub":"u",` + exp + `,"channels":["@user:root"]}`, "claim channels: item 1: "},
		"channel with a wildcard":    {`{"sub":"u",` + exp + `,"channels":["orders.>"]}`, "claim channels: item 1: "},
		"meta a list":                {`{"sub":"u",` + exp + `,"meta":[]}`, "claim meta: not a JSON object"},
		"meta too large":             {`{"sub":"u",` + exp + `,"meta":{"a":"` + strings.Repeat("x", 1024) + `"}}`, "claim meta: 1032 bytes, more than 1024"},
		"meta with a doubled member": {`{"sub":"u",` + exp + `,"meta":{"a":1,"a":2}}`, "token is malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := v.Authenticate(context.Background(), raw(t, tt.payload))
			if err == nil {
				t.Fatal("admitted")
			}
			if got := err.Error(); !strings.HasPrefix(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestClaimsAtTheirLimits(t *testing.T) {
	v := newVerifier(t, 0)
	for name, payload := range map[string]string{
		"longest sub":       `{"sub":"` + strings.Repeat("x", 128) + `","exp":99999999999}`,
		"most roles":        `{"sub":"u","exp":99999999999,"roles":[` + strings.Repeat(`"a",`, 63) + `"a"]}`,
		"largest meta":      `{"sub":"u","exp":99999999999,"meta": {"a" : "` + strings.Repeat("x", 1016) + `"}}`,
		"fractional exp":    `{"sub":"u","exp":99999999999.5}`,
		"names with spaces": `{"sub":"auth0|김 철수:1","exp":99999999999}`,
		"latest exp":        `{"sub":"u","exp":253402300799}`,
		"null lists":        `{"sub":"u","exp":99999999999,"roles":null,"meta":{}}`,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := v.Authenticate(context.Background(), raw(t, payload)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestLeeway(t *testing.T) {
	for name, tt := range map[string]struct {
		leeway   time.Duration
		exp, nbf time.Duration
		want     error
	}{
		"expires now":             {0, 0, -time.Hour, errExpired},
		"expires in a second":     {0, time.Second, -time.Hour, nil},
		"expired within leeway":   {5 * time.Second, -4 * time.Second, -time.Hour, nil},
		"expired beyond leeway":   {5 * time.Second, -5 * time.Second, -time.Hour, errExpired},
		"too early within leeway": {5 * time.Second, time.Hour, 5 * time.Second, nil},
		"too early beyond leeway": {5 * time.Second, time.Hour, 6 * time.Second, errTooEarly},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := newVerifier(t, tt.leeway)
				token := forge(t, jwt.SigningMethodHS256, secret(), nil, jwt.MapClaims{"sub": "u", "exp": in(tt.exp), "nbf": in(tt.nbf)})
				got, err := v.Authenticate(t.Context(), token)
				if err != tt.want { //nolint:errorlint // never wrapped
					t.Fatalf("got %v, want %v", err, tt.want)
				}
				if want := time.Now().Add(tt.exp + tt.leeway); err == nil && !got.ExpiresAt.Equal(want) {
					t.Errorf("expires at %v, want %v", got.ExpiresAt, want)
				}
			})
		})
	}
}

func TestNew(t *testing.T) {
	if _, err := New(Config{Secret: []byte("short")}); err == nil || !strings.Contains(err.Error(), "5 bytes, must be at least 32") {
		t.Errorf("short secret: got %v", err)
	}
	if _, err := New(Config{Secret: secret(), Leeway: -1}); err == nil {
		t.Error("negative leeway: got no error")
	}
}

func TestSecretIsCopied(t *testing.T) {
	key := secret()
	v, err := New(Config{Secret: key})
	if err != nil {
		t.Fatal(err)
	}
	clear(key)
	token, err := Sign(secret(), Claims{UserID: "u"}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Authenticate(t.Context(), token); err != nil {
		t.Error(err)
	}
}

func TestConcurrentUse(t *testing.T) {
	v := newVerifier(t, 0)
	token, err := Sign(secret(), Claims{UserID: "u", Meta: []byte(`{ "a": 1 }`)}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if _, err := v.Authenticate(t.Context(), token); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
