package outcry

import (
	"hash/maphash"
	"sync"
)

// directoryShards is the number of locks over which client ids are spread.
const directoryShards = 64

// directory finds the Conn of a client id. An id is reserved before the
// upgrade and released by the Conn's Loop. Safe for concurrent use.
type directory struct {
	seed   maphash.Seed
	shards [directoryShards]directoryShard
}

type directoryShard struct {
	mu    sync.Mutex
	conns map[string]*conn
	peak  int // of conns: see remove
}

func newDirectory() *directory {
	d := &directory{seed: maphash.MakeSeed()}
	for i := range d.shards {
		d.shards[i].conns = make(map[string]*conn)
	}
	return d
}

func (d *directory) shard(id string) *directoryShard {
	return &d.shards[maphash.String(d.seed, id)%directoryShards]
}

// reserve enters c under id. If the id is taken it returns who has it.
func (d *directory) reserve(id string, c *conn) (holder *conn) {
	s := d.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if holder = s.conns[id]; holder == nil {
		s.conns[id] = c
	}
	return holder
}

// release removes c's entry, if it still is c's.
func (d *directory) release(id string, c *conn) {
	s := d.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns[id] == c {
		s.conns = remove(s.conns, id, &s.peak)
	}
}

// find returns the Conn of a client id, or nil.
func (d *directory) find(id string) *conn {
	s := d.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns[id]
}

// ids returns all client ids, in no order.
func (d *directory) ids() []string {
	var out []string
	for i := range d.shards {
		s := &d.shards[i]
		s.mu.Lock()
		for id := range s.conns {
			out = append(out, id)
		}
		s.mu.Unlock()
	}
	return out
}
