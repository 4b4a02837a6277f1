package hub

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"github.com/outcry-dev/outcry/protocol"
)

// Greet appends the first message to a new client: connection_established, of
// the same fields as Outcry's.
func Greet(dst []byte) []byte {
	now := time.Now()
	return protocol.ConnectionEstablished{
		ClientID: clientID(now), Timestamp: now, Session: rand.Text(), Node: "bench",
		HeartbeatInterval: 30 * time.Second,
		Limits:            protocol.Limits{MaxMessageSize: 1 << 20, MaxChannels: 1024},
	}.AppendJSON(dst)
}

// clientID makes one as Outcry does for clients that bring none.
func clientID(now time.Time) string {
	var b [4]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return "ws_" + hex.EncodeToString(b[:]) + "_" + strconv.FormatInt(now.Unix(), 10)
}

// Answer reads one text message of a client and appends what to send back.
// Where the client asks for a channel, it calls subscribe first, so that
// nothing is missed that is published after the answer.
func Answer(dst, text []byte, subscribe func(channel string)) []byte {
	cmd, err := protocol.DecodeCommand(text)
	if err != nil {
		return refuse(dst, &cmd, err)
	}
	switch cmd.Type {
	case protocol.TypePing:
		return protocol.Pong{Timestamp: time.Now(), ClientTimestamp: cmd.Ping(), ID: cmd.ID}.AppendJSON(dst)
	case protocol.TypeSubscribe:
		s, bad := cmd.Subscribe()
		if bad == nil {
			bad = protocol.CheckChannel(s.Channels[0])
		}
		if bad != nil {
			return refuse(dst, &cmd, bad)
		}
		subscribe(s.Channels[0])
		return protocol.SubscriptionResult{Channel: s.Channels[0], Success: true, ID: cmd.ID}.AppendJSON(dst)
	}
	return refuse(dst, &cmd, protocol.UnknownType(cmd.Type))
}

func refuse(dst []byte, cmd *protocol.Command, err error) []byte {
	var e *protocol.Error
	errors.As(err, &e) // all errors of package protocol are
	return protocol.NewErrorMessage(e, cmd.ID).AppendJSON(dst)
}
