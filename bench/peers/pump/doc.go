// Package pump is what hubs with a writer goroutine per connection have in
// common: a bounded queue that costs nothing while it is empty, and a
// connection that can hold back writes, so that all pending frames leave in
// one.
package pump
