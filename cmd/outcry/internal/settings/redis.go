package settings

import "time"

// Redis joins nodes. This version runs on one node and refuses to start with
// UsePubSub; the other settings are read and checked already.
type Redis struct {
	UsePubSub     bool
	ChannelPrefix string
	MaxRetries    int
	RetryTimeout  time.Duration
}

func defaultRedis() Redis {
	return Redis{ChannelPrefix: "websocket", MaxRetries: 3, RetryTimeout: 5 * time.Second}
}

const maxPrefix = 64

func redisKeys() []Key {
	return []Key{
		boolean("use_redis_pubsub", "Join nodes through Redis. Comes with a later version: true refuses to start.",
			func(s *Settings) *bool { return &s.Redis.UsePubSub }),
		text("redis_channel_prefix", "Begins the name of every Redis channel and key. Used with Redis only.",
			"1 to 64 letters, digits and . _ : -",
			func(s *Settings) *string { return &s.Redis.ChannelPrefix },
			func(text string) bool { return text != "" && len(text) <= maxPrefix && isWord(text, "._:-") }),
		integer("max_retries", "Attempts at a Redis command that failed. Used with Redis only.",
			1, 1000, func(s *Settings) *int { return &s.Redis.MaxRetries }),
		duration("retry_timeout_seconds", "Time between those attempts. Used with Redis only.",
			func(s *Settings) *time.Duration { return &s.Redis.RetryTimeout }),
	}
}
