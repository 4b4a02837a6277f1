package protocol

// field numbers the members of commands that this package knows.
type field uint8

const (
	fieldNone field = iota
	fieldType
	fieldID
	fieldTimestamp
	fieldChannel
	fieldChannels
	fieldSince
	fieldLast
	fieldLimit
	fieldMaxRate
	fieldSnapshot
	fieldDelta
	fieldData
	fieldEvent
	fieldMessageID
	fieldKey
	fieldMessage
	fieldIsTyping
	fieldNotificationID
	fieldToken
	fieldCount
)

// fieldNames is a constant table.
var fieldNames = [fieldCount]string{
	fieldType:           "type",
	fieldID:             "id",
	fieldTimestamp:      "timestamp",
	fieldChannel:        "channel",
	fieldChannels:       "channels",
	fieldSince:          "since",
	fieldLast:           "last",
	fieldLimit:          "limit",
	fieldMaxRate:        "max_rate",
	fieldSnapshot:       "snapshot",
	fieldDelta:          "delta",
	fieldData:           "data",
	fieldEvent:          "event",
	fieldMessageID:      "message_id",
	fieldKey:            "key",
	fieldMessage:        "message",
	fieldIsTyping:       "is_typing",
	fieldNotificationID: "notification_id",
	fieldToken:          "token",
}

// fieldNamed returns the field of a member name.
func fieldNamed(name []byte) field {
	for f := fieldType; f < fieldCount; f++ {
		if string(name) == fieldNames[f] {
			return f
		}
	}
	return fieldNone
}

// String returns the member name.
func (f field) String() string { return fieldNames[f] }
