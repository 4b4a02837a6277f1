module github.com/outcry-dev/outcry/bench

go 1.26.0

require (
	github.com/gobwas/ws v1.5.0
	github.com/outcry-dev/outcry v0.0.0
	golang.org/x/sys v0.49.0
)

require (
	github.com/go-json-experiment/json v1.27.2 // indirect
	github.com/gobwas/httphead v0.1.0 // indirect
	github.com/gorilla/websocket v1.5.3 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/outcry-dev/outcry => ../
