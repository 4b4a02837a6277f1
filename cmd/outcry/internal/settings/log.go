package settings

// Log says what is logged, how and where.
type Log struct {
	Level      string
	Format     string
	File       string // empty: standard error only
	MaxSizeMB  int
	MaxBackups int
	MaxAgeDays int
	Compress   bool
}

func defaultLog() Log {
	return Log{Level: "info", Format: "text", MaxSizeMB: 100, MaxBackups: 5, MaxAgeDays: 30, Compress: true}
}

func logKeys() []Key {
	return []Key{
		choice("log.level", "The least severe records that are logged.", []string{"debug", "info", "warn", "error"},
			func(s *Settings) *string { return &s.Log.Level }),
		choice("log.format", "How records are written; text is coloured on a terminal.", []string{"text", "json"},
			func(s *Settings) *string { return &s.Log.Format }),
		text("log.file", "File that receives the log beside standard error; empty: none. SIGHUP opens it anew.", "a path",
			func(s *Settings) *string { return &s.Log.File }, isPath),
		integer("log.max_size_mb", "Megabytes at which the file is rotated.",
			1, 10_240, func(s *Settings) *int { return &s.Log.MaxSizeMB }),
		integer("log.max_backups", "Rotated files that are kept.",
			1, 1000, func(s *Settings) *int { return &s.Log.MaxBackups }),
		integer("log.max_age_days", "Days after which a rotated file is deleted.",
			1, 3650, func(s *Settings) *int { return &s.Log.MaxAgeDays }),
		boolean("log.compress", "Compress rotated files with gzip.",
			func(s *Settings) *bool { return &s.Log.Compress }),
	}
}
