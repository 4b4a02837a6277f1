package protocol

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// NotificationAck is the command that acknowledges a notification.
type NotificationAck struct {
	// NotificationID is the text of the id: of a number, its digits as
	// written.
	NotificationID string
	// RawID is the id as written, to be repeated; it aliases the command.
	RawID jsontext.Value
}

// NotificationAck returns the fields of a notification_ack command.
func (c *Command) NotificationAck() (NotificationAck, *Error) {
	f := fields{c: c}
	a := NotificationAck{RawID: c.value(fieldNotificationID)}
	switch a.RawID.Kind() {
	case jsontext.KindString:
		a.NotificationID = f.short(fieldNotificationID)
	case jsontext.KindNumber:
		if _, ok := integer(a.RawID, -maxInteger, maxInteger); ok {
			a.NotificationID = string(a.RawID)
		}
	}
	if a.NotificationID == "" {
		f.fail(`"notification_id" must be a non-empty string or an integer`)
	}
	return a, f.err
}

// NotificationAckResponse answers notification_ack.
type NotificationAckResponse struct {
	NotificationID jsontext.Value // as the client wrote it
	Timestamp      time.Time
	ID             jsontext.Value
}

// AppendJSON appends the message.
func (m NotificationAckResponse) AppendJSON(dst []byte) []byte {
	w := begin(dst, TypeNotificationAckResponse)
	w.raw("notification_id", m.NotificationID)
	w.boolean("acknowledged", true)
	w.time("timestamp", m.Timestamp)
	return w.reply(m.ID)
}
