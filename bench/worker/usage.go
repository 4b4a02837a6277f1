package worker

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// usage reads what this process has used.
func usage(d Detail) (u Usage, err error) {
	if u.CPU, err = cpuTime(); err != nil || d == DetailCPU {
		return u, err
	}
	if d == DetailSettled {
		runtime.GC()
		debug.FreeOSMemory() // collects once more: what finalizers freed
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u.Mallocs, u.Heap, u.Goroutines = m.Mallocs, int64(m.HeapAlloc), runtime.NumGoroutine()
	if d == DetailAllocs {
		return u, nil
	}
	rollup, err := os.ReadFile("/proc/self/smaps_rollup")
	if err != nil {
		return u, err
	}
	if u.Resident, err = rollupField(rollup, "Rss"); err != nil {
		return u, err
	}
	if u.Proportional, err = rollupField(rollup, "Pss"); err != nil {
		return u, err
	}
	fds, err := os.ReadDir("/proc/self/fd")
	u.Descriptors = len(fds) - 1 // that of the folder itself
	return u, err
}

// cpuTime is the user and system time of this process.
func cpuTime() (time.Duration, error) {
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		return 0, os.NewSyscallError("getrusage", err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()), nil
}

// rollupField returns a field of smaps_rollup in bytes.
func rollupField(rollup []byte, name string) (int64, error) {
	lines := bufio.NewScanner(bytes.NewReader(rollup))
	for lines.Scan() {
		f := bytes.Fields(lines.Bytes())
		if len(f) == 3 && string(f[0]) == name+":" && string(f[2]) == "kB" {
			n, err := strconv.ParseInt(string(f[1]), 10, 64)
			return n << 10, err
		}
	}
	return 0, fmt.Errorf("smaps_rollup has no field %s", name)
}
