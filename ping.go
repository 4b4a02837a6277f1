package outcry

import "github.com/outcry-dev/outcry/protocol"

// onPing answers an application ping.
func (c *conn) onPing(cmd *protocol.Command) {
	c.times.lastPing = c.loop.deci()
	c.reply(protocol.Pong{Timestamp: c.loop.wall, ClientTimestamp: cmd.Ping(), ID: cmd.ID})
}

// onPong notes an application pong.
func (c *conn) onPong(*protocol.Command) { c.times.lastPong = c.loop.deci() }
