package settings

// Settings is the whole configuration. The file is flat where this tree is
// grouped: the path of a Key, not the place of its field, is its name.
type Settings struct {
	Listen      Listen
	Access      Access
	Limits      Limits
	Timing      Timing
	Queue       Queue
	Compression Compression
	Redis       Redis
	Log         Log
	Rules       []Rule
}

// Default returns the settings of a server that was told nothing.
func Default() Settings {
	return Settings{
		Listen:      defaultListen(),
		Access:      defaultAccess(),
		Limits:      defaultLimits(),
		Timing:      defaultTiming(),
		Queue:       defaultQueue(),
		Compression: defaultCompression(),
		Redis:       defaultRedis(),
		Log:         defaultLog(),
	}
}

// Keys returns the registry: every key but the rules, in the order in which
// the example file and the documentation show them.
func Keys() []Key {
	var keys []Key
	for _, group := range []func() []Key{
		listenKeys, accessKeys, limitKeys, timingKeys, queueKeys, compressionKeys, redisKeys, logKeys,
	} {
		keys = append(keys, group()...)
	}
	return keys
}
