package httpapi

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/outcry-dev/outcry"
)

const defaultPage, maxPage = 100, 1000

// parseQuery refuses parameters that the operation does not know, since a
// misspelt one would silently do nothing, and doubled ones.
func parseQuery(query string, known []string) (url.Values, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, badRequest("the query is malformed: %s", clip(err.Error()))
	}
	for name, v := range values {
		switch {
		case !slices.Contains(known, name) && len(known) == 0:
			return nil, badRequest("unknown query parameter %q; this call takes none", clip(name))
		case !slices.Contains(known, name):
			return nil, badRequest("unknown query parameter %q; known are %s", clip(name), strings.Join(known, ", "))
		case len(v) > 1:
			return nil, badRequest("query parameter %q is given %d times; give it once", name, len(v))
		}
		if err := checkText(v[0], fmt.Sprintf("query parameter %q", name), maxName); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// page reads ?after= and ?limit=.
func page(query url.Values) (outcry.Page, error) {
	p := outcry.Page{After: query.Get("after"), Limit: defaultPage}
	if !query.Has("limit") {
		return p, nil
	}
	var err error
	if p.Limit, err = strconv.Atoi(query.Get("limit")); err != nil || p.Limit < 1 || p.Limit > maxPage {
		return p, badRequest("query parameter \"limit\" is %q; allowed are 1 to %d", clip(query.Get("limit")), maxPage)
	}
	return p, nil
}

// cut returns a page of a list sorted by name.
func cut[T any](list []T, p outcry.Page, name func(T) string) []T {
	begin := 0
	if p.After != "" {
		begin, _ = slices.BinarySearchFunc(list, p.After, func(t T, after string) int {
			if name(t) <= after {
				return -1
			}
			return 1
		})
	}
	return list[begin:min(len(list), begin+p.Limit)]
}

// next is the ?after= of the following page, empty after the last. A page that
// is exactly full may be followed by an empty one.
func next[T any](list []T, p outcry.Page, name func(T) string) string {
	if len(list) < p.Limit {
		return ""
	}
	return name(list[len(list)-1])
}

func itself(s string) string { return s }
