package load

import "fmt"

// Sequence watches the numbers of one channel as one subscriber gets them:
// 1, 2, 3 and so on. The zero value takes the first number that comes for the
// right one.
type Sequence struct {
	due uint32 // 0: any
}

// Count is what sequences have seen.
type Count struct {
	Received   int64 // publications, right or wrong
	Lost       int64 // numbers that were left out
	Doubled    int64 // the same number again
	Disordered int64 // numbers smaller than one that came before
}

// From expects n next.
func (s *Sequence) From(n uint32) { s.due = n }

// See takes note of a publication.
func (s *Sequence) See(n uint32, c *Count) {
	c.Received++
	switch {
	case n == s.due || s.due == 0:
	case n > s.due:
		c.Lost += int64(n - s.due)
	case n == s.due-1:
		c.Doubled++
		return
	default:
		c.Disordered++
		return
	}
	s.due = n + 1
}

// Last is the largest number seen; 0: none.
func (s *Sequence) Last() uint32 { return max(s.due, 1) - 1 }

// Problems says what is wrong, in words; nothing, if all is well.
func (c Count) Problems() []string {
	var problems []string
	for _, p := range []struct {
		n    int64
		what string
	}{{c.Lost, "lost"}, {c.Doubled, "received twice"}, {c.Disordered, "received out of order"}} {
		if p.n > 0 {
			problems = append(problems, fmt.Sprintf("%d messages %s", p.n, p.what))
		}
	}
	return problems
}
