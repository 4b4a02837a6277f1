package outcry

import "maps"

// minShrink is the size up to which a map may keep the room it has.
const minShrink = 1024

// remove deletes key from m. Go's maps keep room for as many entries as they
// ever held, and names that are never used again must not cost memory for
// ever: once seven eighths of the entries are gone, remove returns a copy that
// has no more room than it needs, else m. The caller keeps peak with m; it is
// the size m has had.
func remove[K comparable, V any](m map[K]V, key K, peak *int) map[K]V {
	*peak = max(*peak, len(m))
	delete(m, key)
	if *peak < minShrink || len(m) > *peak/8 {
		return m
	}
	*peak = len(m)
	small := make(map[K]V, len(m))
	maps.Copy(small, m)
	return small
}
