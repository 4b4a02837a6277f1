// Package outcry is a real-time WebSocket service as a library: a Node is an
// http.Handler that holds client connections and delivers to them what back
// ends publish, by channel, user, group or to everybody.
//
//	node, err := outcry.New(outcry.Config{Access: outcry.Access{Insecure: true}})
//	if err != nil { … }
//	go node.Run(ctx)
//	http.Handle("/ws/", node)
//	node.Publish(ctx, outcry.Message{Channel: "quotes.AAPL", Data: json.RawMessage(`{"p":187.2}`)})
//
// A message goes through twelve stations, each a file: accept.go, the socket
// (internal/netpoll), the frame (internal/wire), the envelope (protocol),
// router.go, the command's own file, publish.go, memorybroker.go, fanout.go,
// outbox.go, flush.go, and the socket again. docs/data-path.md walks through
// them; docs/concurrency.md says which goroutine may touch what.
package outcry
