package protocol

// The types of messages that clients send. Some are also pushed to
// subscribers.
const (
	TypePing            = "ping"
	TypePong            = "pong"
	TypeHeartbeat       = "heartbeat"
	TypeSubscribe       = "subscribe"
	TypeUnsubscribe     = "unsubscribe"
	TypeSubscriptions   = "subscriptions"
	TypePublish         = "publish"
	TypeChatMessage     = "chat_message"
	TypeTypingIndicator = "typing_indicator"
	TypeNotificationAck = "notification_ack"
	TypeHistory         = "history"
	TypePresence        = "presence"
	TypeAuth            = "auth"
)

// The types of messages that only the server sends.
const (
	TypeMessage                 = "message" // of a publication that names none
	TypeConnectionEstablished   = "connection_established"
	TypeAuthRequired            = "auth_required"
	TypeAuthResult              = "auth_result"
	TypeSubscriptionResult      = "subscription_result"
	TypeUnsubscriptionResult    = "unsubscription_result"
	TypeSubscriptionsResult     = "subscriptions_result"
	TypePublishResult           = "publish_result"
	TypeNotificationAckResponse = "notification_ack_response"
	TypeHistoryResult           = "history_result"
	TypePresenceResult          = "presence_result"
	TypeError                   = "error"
	TypeSubscriptionLost        = "subscription_lost"
	TypeGap                     = "gap"
	TypeResync                  = "resync"
	TypeTokenExpiring           = "token_expiring"
	TypeReconnect               = "reconnect"
	TypeDegraded                = "degraded"
	TypeRestored                = "restored"
)

// typeName returns b as a string, without allocating where it is one of the
// types that clients send.
func typeName(b []byte) string {
	switch string(b) {
	case TypePing:
		return TypePing
	case TypePong:
		return TypePong
	case TypeHeartbeat:
		return TypeHeartbeat
	case TypeSubscribe:
		return TypeSubscribe
	case TypeUnsubscribe:
		return TypeUnsubscribe
	case TypeSubscriptions:
		return TypeSubscriptions
	case TypePublish:
		return TypePublish
	case TypeChatMessage:
		return TypeChatMessage
	case TypeTypingIndicator:
		return TypeTypingIndicator
	case TypeNotificationAck:
		return TypeNotificationAck
	case TypeHistory:
		return TypeHistory
	case TypePresence:
		return TypePresence
	case TypeAuth:
		return TypeAuth
	}
	return string(b)
}
