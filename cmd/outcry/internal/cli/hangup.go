package cli

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// onHangup calls do for each SIGHUP until stop is called, which waits for a
// call in progress.
func onHangup(do func()) (stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	var running sync.WaitGroup
	running.Go(func() {
		for range signals {
			do()
		}
	})
	return func() {
		signal.Stop(signals)
		close(signals)
		running.Wait()
	}
}
