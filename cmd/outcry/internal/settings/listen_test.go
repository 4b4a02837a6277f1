package settings

import "testing"

func TestTransport(t *testing.T) {
	for name, tt := range map[string]struct{ system, value, want string }{
		"auto":            {"linux", "auto", ""},
		"epoll":           {"linux", "epoll", ""},
		"goroutine":       {"linux", "goroutine", ""},
		"auto elsewhere":  {"darwin", "auto", ""},
		"epoll elsewhere": {"darwin", "epoll", "allowed: auto or goroutine; epoll exists on Linux only, and this is darwin"},
		"unknown":         {"linux", "Epoll", "allowed: one of auto, epoll, goroutine; epoll on Linux only"},
	} {
		t.Run(name, func(t *testing.T) {
			s := Settings{Listen: Listen{Transport: "before"}}
			k := transport(tt.system)
			err := k.set(&s, []string{tt.value})
			switch {
			case tt.want == "" && (err != nil || s.Listen.Transport != tt.value):
				t.Errorf("got %q and %v", s.Listen.Transport, err)
			case tt.want != "" && (err == nil || err.Error() != tt.want || s.Listen.Transport != "before"):
				t.Errorf("got %q and %v, want %s", s.Listen.Transport, err, tt.want)
			}
		})
	}
}
