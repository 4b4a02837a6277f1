package result

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// Here describes the machine and the program that runs on it.
func Here() (Machine, error) {
	m := Machine{Cores: runtime.NumCPU(), Go: runtime.Version(), Date: time.Now().UTC().Truncate(time.Second), Modules: modules()}
	for _, f := range []struct {
		file, field string
		set         func(string) error
	}{
		{"/proc/cpuinfo", "model name", func(v string) error { m.CPU = v; return nil }},
		{"/proc/meminfo", "MemTotal", func(v string) error {
			kb, err := strconv.ParseInt(strings.TrimSuffix(v, " kB"), 10, 64)
			m.Memory = kb << 10
			return err
		}},
	} {
		text, err := os.ReadFile(f.file)
		if err != nil {
			return m, err
		}
		if err := f.set(field(text, f.field)); err != nil {
			return m, fmt.Errorf("%s: %w", f.file, err)
		}
	}
	kernel, err := os.ReadFile("/proc/sys/kernel/osrelease")
	m.Kernel = string(bytes.TrimSpace(kernel))
	return m, err
}

// field returns the value of the first line "name: value".
func field(text []byte, name string) string {
	for line := range strings.Lines(string(text)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == name {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// modules maps the modules of this program to their versions.
func modules() map[string]string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	versions := map[string]string{}
	for _, d := range info.Deps {
		version := d.Version
		if d.Replace != nil {
			version = "working tree"
		}
		versions[d.Path] = version
	}
	return versions
}
