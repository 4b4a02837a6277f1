package protocol

import "github.com/go-json-experiment/json/jsontext"

// SubscriptionsResult answers the command subscriptions, which has no fields.
type SubscriptionsResult struct {
	Channels []string
	ID       jsontext.Value
}

// AppendJSON appends the message.
func (m SubscriptionsResult) AppendJSON(dst []byte) []byte {
	w := begin(dst, TypeSubscriptionsResult)
	w.name("channels")
	w.b = append(w.b, '[')
	for i, name := range m.Channels {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = appendString(w.b, name)
	}
	w.b = append(w.b, ']')
	return w.reply(m.ID)
}
