package outcrytest

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/outcry-dev/outcry"
)

// Presence runs the contract of outcry.Presence. Every subtest calls open for
// a Presence of its own; open may use t.Cleanup. The suite uses channels whose
// names begin with "outcrytest.", where nobody may be present.
func Presence(t *testing.T, open func(t *testing.T) outcry.Presence) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(presenceTest)
	}{
		{"nobody is there at first", presenceTest.nobodyAtFirst},
		{"lists members by client id", presenceTest.listsSorted},
		{"counts joins of one member", presenceTest.countsMembers},
		{"keeps channels apart", presenceTest.keepsChannelsApart},
		{"ignores a leave without a join", presenceTest.ignoresStrayLeave},
		{"is safe for concurrent use", presenceTest.concurrentUse},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(presenceTest{t, open(t)}) })
	}
}

// presenceTest is one subtest.
type presenceTest struct {
	*testing.T
	p outcry.Presence
}

// wantMembers waits until exactly these are present: a Presence that talks to
// a server may take a while.
func (t presenceTest) wantMembers(channel string, want ...outcry.Member) {
	t.Helper()
	var got []outcry.Member
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for ctx.Err() == nil {
		var err error
		if got, err = t.p.Members(ctx, channel); err != nil {
			t.Fatalf("Members(%q): %v", channel, err)
		}
		if slices.Equal(got, want) {
			return
		}
		wait(ctx)
	}
	t.Fatalf("Members(%q) = %v, want %v", channel, got, want)
}

func (t presenceTest) nobodyAtFirst() {
	t.wantMembers(channel)
}

func (t presenceTest) listsSorted() {
	alice, bob, guest := outcry.Member{ClientID: "a", UserID: "u2"}, outcry.Member{ClientID: "b", UserID: "u1"}, outcry.Member{ClientID: "c"}
	t.p.Join(channel, guest)
	t.p.Join(channel, alice)
	t.p.Join(channel, bob)
	t.wantMembers(channel, alice, bob, guest)
	t.p.Leave(channel, alice)
	t.wantMembers(channel, bob, guest)
}

// countsMembers: a client that is there by two subscriptions, a name and a
// successor that came before its predecessor went, leaves with the second.
func (t presenceTest) countsMembers() {
	m, last := outcry.Member{ClientID: "a", UserID: "u"}, outcry.Member{ClientID: "z"}
	t.p.Join(channel, m)
	t.p.Join(channel, m)
	t.p.Leave(channel, m)
	t.p.Join(channel, last) // shows that what came before has been done
	t.wantMembers(channel, m, last)
	t.p.Leave(channel, m)
	t.wantMembers(channel, last)
	t.p.Join(channel, m)
	t.wantMembers(channel, m, last)
}

func (t presenceTest) keepsChannelsApart() {
	m := outcry.Member{ClientID: "a", UserID: "u"}
	t.p.Join("outcrytest.one", m)
	t.p.Join("outcrytest.two", m)
	t.p.Leave("outcrytest.one", m)
	t.wantMembers("outcrytest.one")
	t.wantMembers("outcrytest.two", m)
}

func (t presenceTest) ignoresStrayLeave() {
	m, other := outcry.Member{ClientID: "a"}, outcry.Member{ClientID: "b"}
	t.p.Leave(channel, m)
	t.p.Join(channel, other)
	t.p.Leave(channel, m)
	t.p.Join(channel, m)
	t.wantMembers(channel, m, other)
}

func (t presenceTest) concurrentUse() {
	const workers, rounds = 8, 50
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			m := outcry.Member{ClientID: "c" + strconv.Itoa(w)}
			for range rounds {
				t.p.Join(channel, m)
				if _, err := t.p.Members(t.Context(), channel); err != nil {
					t.Errorf("Members: %v", err)
				}
				t.p.Leave(channel, m)
			}
		})
	}
	wg.Wait()
	t.wantMembers(channel)
}
