package main

// closeRow is one row of the table of close codes.
type closeRow struct {
	ident     string // Go: Close + ident; TypeScript: ident with a small first letter
	code      int
	name      string // as in the documentation and the constants
	reconnect bool
	meaning   string
}

// errorRow is one row of the table of error codes.
type errorRow struct {
	ident   string // Go: Code + ident
	code    string // "code" on the wire
	status  int    // HTTP status, where the error answers an HTTP request
	meaning string
}

// closeRows is the one source of close codes. 40xx: reconnect; 45xx: do not
// reconnect with the same credentials. A code may have several rows, one per
// name; the first is the name of the code where no other is known.
func closeRows() []closeRow {
	return []closeRow{
		{"Normal", 1000, "normal", false, "The connection has done what it was for."},
		{"GoingAway", 1001, "going_away", true, "The peer leaves: a page was closed, a process ended."},
		{"ProtocolError", 1002, "protocol_error", false, "A frame broke the rules of RFC 6455."},
		{"Unsupported", 1003, "unsupported_data", false, "A binary message on the text protocol."},
		{"NoStatus", 1005, "no_status", true, "The peer closed without a code. Never sent."},
		{"Abnormal", 1006, "abnormal", true, "The connection broke without a close frame. Never sent."},
		{"InvalidData", 1007, "invalid_data", false, "A text message was not valid UTF-8, or compressed data were corrupt."},
		{"Policy", 1008, "policy_violation", false, "Too many fragments, pings or empty frames, or a message that took too long to arrive."},
		{"TooBig", 1009, "message_too_big", false, "A message was larger than max_message_size."},
		{"Internal", 1011, "internal_error", true, "The server failed while serving this connection."},
		{"Restart", 1012, "service_restart", true, "The part of the server that held this connection restarts."},

		{"AuthTimeout", 4000, "auth_timeout", true, "No valid auth message arrived within auth_timeout."},
		{"PingTimeout", 4001, "ping_timeout", true, "The client did not answer a ping within ping_timeout."},
		{"IdleTimeout", 4001, "idle_timeout", true, "Nothing at all was heard from the client within connection_timeout."},
		{"TokenExpired", 4002, "token_expired", true, "The token expired and was not renewed. Get a new one, then reconnect."},
		{"SlowConsumer", 4003, "slow_consumer", true, "The client reads too slowly, or not at all."},
		{"ResyncNeeded", 4004, "resync_needed", true, "The client's position can no longer be continued. Reconnect and take a new snapshot."},
		{"Draining", 4005, "draining", true, "This node shuts down. Reconnect to another one."},
		{"RateLimited", 4006, "rate_limited", true, "The client went on sending although it was told to slow down."},

		{"BadProtocol", 4500, "bad_protocol", false, "Too many messages that are not JSON objects."},
		{"InvalidToken", 4501, "invalid_token", false, "The token was refused."},
		{"Forbidden", 4503, "forbidden", false, "The client may not connect, or its right to was revoked."},
		{"TooManyConnections", 4504, "too_many_connections", false, "The limit on connections is reached."},
		{"Replaced", 4510, "replaced", false, "A newer connection of the same user took over this client id."},
		{"ClientIDInUse", 4511, "client_id_in_use", false, "Another client is connected with this id. Connect to /ws for a fresh one."},
	}
}

// errorRows is the one source of error codes.
func errorRows() []errorRow {
	return []errorRow{
		{"BadRequest", "bad_request", 400, "The message or request is malformed, or a field has the wrong kind or size."},
		{"UnknownType", "unknown_type", 400, "No message type of this name exists."},
		{"Unauthenticated", "unauthenticated", 401, "Log in first."},
		{"Forbidden", "forbidden", 403, "The client has no right to do this."},
		{"BadChannel", "bad_channel", 400, "The channel name or pattern is not allowed."},
		{"TooManyChannels", "too_many_channels", 409, "The client has as many subscriptions as max_channels allows."},
		{"TooLarge", "too_large", 413, "The message or request is too large."},
		{"RateLimited", "rate_limited", 429, "Too many messages or requests. Wait for retry_after_ms."},
		{"NotFound", "not_found", 404, "There is no such client, channel, group or resource."},
		{"NoHistory", "no_history", 404, "The channel keeps no history."},
		{"NoPresence", "no_presence", 404, "The channel does not record who is present."},
		{"Busy", "busy", 503, "Too many publications are in flight. Nothing was published; try again."},
		{"Unavailable", "unavailable", 503, "Something the server depends on does not answer now. Try again."},
		{"Internal", "internal", 500, "The server failed. The cause is in its log."},
		{"InvalidToken", "invalid_token", 401, "The token or key is not valid."},
		{"ClientIDInUse", "client_id_in_use", 409, "Another client is connected with this id. Connect to /ws for a fresh one."},
		{"TooManyConnections", "too_many_connections", 503, "The limit on connections is reached."},
		{"Draining", "draining", 503, "The node shuts down. Try another one."},
		{"BadOrigin", "bad_origin", 403, "Browsers may not connect from this origin."},
		{"BadHost", "bad_host", 421, "The server does not serve this host name."},
		{"UpgradeRequired", "upgrade_required", 426, "The request is not a WebSocket handshake of version 13."},
		{"MethodNotAllowed", "method_not_allowed", 405, "The resource does not support this HTTP method."},
		{"UnsupportedMedia", "unsupported_media_type", 415, "The request body is not application/json."},
		{"Conflict", "conflict", 409, "The request contradicts what is there, such as a reused message id with another body."},
		{"Timeout", "timeout", 408, "The request did not arrive, or could not be served, in time."},
	}
}
