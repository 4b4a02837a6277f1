package jwtauth

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry"
)

func TestSign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		token, err := Sign(secret(), Claims{
			UserID: "u1", Roles: []string{"trader"}, Groups: []string{"vip"}, Channels: []string{"orders.u1"},
			Meta: []byte(`{"plan": "pro"}`),
		}, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		got, err := newVerifier(t, 0).Authenticate(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		want := outcry.Identity{
			UserID: "u1", Roles: []string{"trader"}, Groups: []string{"vip"}, Channels: []string{"orders.u1"},
			Metadata: []byte(`{"plan":"pro"}`), ExpiresAt: time.Now().Add(time.Hour),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("identity (-want +got):\n%s", diff)
		}
	})
}

func TestSignRefuses(t *testing.T) {
	roles := make([]string, 64)
	for i := range roles {
		roles[i] = strings.Repeat("x", 128)
	}
	for name, tt := range map[string]struct {
		secret []byte
		claims Claims
		ttl    time.Duration
		want   string
	}{
		"short secret":   {[]byte("x"), Claims{UserID: "u"}, time.Hour, "at least 32"},
		"short lifetime": {secret(), Claims{UserID: "u"}, time.Millisecond, "at least a second"},
		"far future":     {secret(), Claims{UserID: "u"}, 1<<63 - 1, ""},
		"no user":        {secret(), Claims{}, time.Hour, "claim sub: empty"},
		"bad user":       {secret(), Claims{UserID: "\xff"}, time.Hour, "claim sub: not valid UTF-8"},
		"bad channel":    {secret(), Claims{UserID: "u", Channels: []string{"@all"}}, time.Hour, "claim channels: item 1"},
		"bad meta":       {secret(), Claims{UserID: "u", Meta: []byte(`{`)}, time.Hour, "claim meta: not a JSON object"},
		"too large":      {secret(), Claims{UserID: "u", Roles: roles}, time.Hour, "more than 8192"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Sign(tt.secret, tt.claims, tt.ttl)
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// FuzzAuthenticate signs any payload: whatever it says, an identity that comes
// out of it keeps within the bounds, and signing it again gives it again.
func FuzzAuthenticate(f *testing.F) {
	for _, seed := range []string{
		`{"sub":"u1","exp":99999999999}`,
		`{"sub":"u1","exp":99999999999.25,"nbf":1,"roles":["a"],"groups":["g"],"channels":["c.d"],"meta":{"a":[1,{}],"b":"<&>"}}`,
		`{"sub":"*","exp":1e308}`, `null`, `[]`, `{"exp":"1"}`, `{"sub":"a","sub":"b"}`,
	} {
		f.Add(seed)
	}
	v := newVerifier(f, 0)
	f.Fuzz(func(t *testing.T, payload string) {
		id, err := v.Authenticate(context.Background(), raw(t, payload))
		if err != nil {
			return
		}
		if id.UserID == "" || len(id.UserID) > maxName || strings.ContainsAny(id.UserID, "*>{}\r\n\x00") {
			t.Errorf("user %q", id.UserID)
		}
		if len(id.Roles) > maxItems || len(id.Groups) > maxItems || len(id.Channels) > maxItems || len(id.Metadata) > maxMeta {
			t.Errorf("out of bounds: %+v", id)
		}
		if id.ExpiresAt.Year() > 9999 || !id.ExpiresAt.After(time.Now()) {
			t.Errorf("expires at %v", id.ExpiresAt)
		}
		token, err := Sign(secret(), Claims{id.UserID, id.Roles, id.Groups, id.Channels, id.Metadata}, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		again, err := v.Authenticate(context.Background(), token)
		if err != nil {
			t.Fatal(err)
		}
		again.ExpiresAt = id.ExpiresAt
		if fmt.Sprintf("%+v", id) != fmt.Sprintf("%+v", again) {
			t.Errorf("got %+v, then %+v", id, again)
		}
	})
}

// FuzzToken feeds any text as a token: without the secret none is admitted.
func FuzzToken(f *testing.F) {
	f.Add("")
	f.Add("a.b.c")
	f.Add("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1IiwiZXhwIjo5OTk5OTk5OTk5OX0.")
	v := newVerifier(f, 0)
	f.Fuzz(func(t *testing.T, token string) {
		if id, err := v.Authenticate(context.Background(), token); err == nil {
			t.Errorf("admitted as %+v", id)
		}
	})
}

func ExampleSign() {
	secret := []byte("keep-this-secret-keep-this-secret")
	token, err := Sign(secret, Claims{UserID: "u1", Channels: []string{"orders.u1"}}, time.Hour)
	if err != nil {
		fmt.Println(err)
		return
	}
	verifier, err := New(Config{Secret: secret})
	if err != nil {
		fmt.Println(err)
		return
	}
	identity, err := verifier.Authenticate(context.Background(), token)
	fmt.Println(identity.UserID, identity.Channels, err)
	// Output: u1 [orders.u1] <nil>
}
