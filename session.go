package outcry

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unique"

	"github.com/go-json-experiment/json/jsontext"
)

// session is who a Conn is. It never changes; logging in again makes a new
// one, so that executors and HTTP goroutines may keep a pointer to it. Safe
// for concurrent use.
type session struct {
	clientID string
	private  string   // its user's internal channel, of which the user id is a part; empty for an anonymous client
	secret   [16]byte // proves a second connection with this client id to be the same client
	grants   unique.Handle[grants]
	metadata string // JSON object
	remote   string
	expires  int64  // milliseconds since the node started; 0: never
	began    int64  // when the connection was made, Unix time in milliseconds
	until    int64  // the same as Unix time in milliseconds
	warning  millis // how long before it expires the client is told
	pending  bool   // has yet to log in
}

// newSession makes a session for an identity that has been checked.
func newSession(clientID, remote string, id Identity, start time.Time) *session {
	s := &session{
		clientID: clientID,
		grants:   newGrants(id),
		metadata: string(id.Metadata),
		remote:   remote,
		began:    time.Now().UnixMilli(),
	}
	if id.UserID != "" {
		s.private = prefixUser + id.UserID
	}
	rand.Read(s.secret[:]) // never fails (crypto/rand)
	if !id.ExpiresAt.IsZero() {
		// From now on by the monotonic clock: setting the wall clock neither
		// lengthens nor shortens the life of a token.
		s.expires = max(1, time.Since(start).Milliseconds()+time.Until(id.ExpiresAt).Milliseconds())
		s.until = id.ExpiresAt.UnixMilli()
		// Not at once where all of its life is shorter than the warning, or
		// clients that renew when told would never stop.
		s.warning = millis(min(expiryWarning, max(0, time.Until(id.ExpiresAt).Milliseconds()/2)))
	}
	return s
}

// renewed is the session of the same connection for another identity.
func (s *session) renewed(id Identity, start time.Time) *session {
	r := newSession(s.clientID, s.remote, id, start)
	r.secret, r.began = s.secret, s.began
	return r
}

// maxMetadata bounds what is kept of each client for others to read, in bytes.
const maxMetadata = 1 << 10

// checkMetadata checks what an Authenticator or a hook says of a client.
func checkMetadata(m []byte) error {
	switch v := jsontext.Value(m); {
	case len(m) == 0:
		return nil
	case len(m) > maxMetadata:
		return fmt.Errorf("metadata of %d bytes; at most %d are allowed", len(m), maxMetadata)
	case v.Kind() != '{' || !v.IsValid():
		return errors.New("metadata is not a JSON object")
	}
	return nil
}

// userID is empty for an anonymous client.
func (s *session) userID() string { return strings.TrimPrefix(s.private, prefixUser) }

// client is the copy that hooks and handlers get.
func (s *session) client() Client {
	return Client{ID: s.clientID, RemoteAddr: s.remote, Identity: s.identity()}
}

func (s *session) identity() Identity {
	g := s.grants.Value()
	id := Identity{UserID: s.userID(), Roles: g.roles.list(), Groups: g.groups.list(), Channels: g.channels.list()}
	if s.metadata != "" {
		id.Metadata = []byte(s.metadata)
	}
	if s.expires != 0 {
		id.ExpiresAt = time.UnixMilli(s.until).UTC()
	}
	return id
}

// secretText is the session secret as clients see it.
func (s *session) secretText() string { return base64.RawURLEncoding.EncodeToString(s.secret[:]) }

// sameClient reports whether a newcomer with the same client id is the same
// client: the same authenticated user, or the holder of the session secret.
func (s *session) sameClient(userID, secret string) bool {
	if s.userID() != "" {
		return s.userID() == userID
	}
	return userID == "" && subtle.ConstantTimeCompare([]byte(secret), []byte(s.secretText())) == 1
}
