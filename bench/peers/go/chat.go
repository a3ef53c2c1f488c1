// Go + gorilla/websocket, after gorilla's examples/chat: a hub goroutine, two goroutines and a
// queue of 256 messages per client. With -batch a writer puts what is queued into one WebSocket
// message, separated by line breaks, as the example does; without it every chat message is a
// WebSocket message of its own, as clients of the plain dialect expect.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

const (
	writeWait      = 10 * time.Second
	pongWait       = 60 * time.Second
	pingPeriod     = (pongWait * 9) / 10
	maxMessageSize = 64 * 1024
)

var (
	addr     = flag.String("addr", "127.0.0.1:8080", "address to listen on")
	batch    = flag.Bool("batch", false, "put queued messages into one WebSocket message")
	newline  = []byte{'\n'}
	upgrader = websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024}
	count    uint64
)

type command struct {
	Content string `json:"content"`
}

type message struct {
	Type      string `json:"type"`
	Username  string `json:"username"`
	Content   string `json:"content"`
	Timestamp string `json:"timestamp"`
	ID        string `json:"id"`
	Room      string `json:"room"`
}

type envelope struct {
	room string
	text []byte
}

// Hub maintains the set of active clients of every room and broadcasts messages to them.
type Hub struct {
	rooms      map[string]map[*Client]bool
	broadcast  chan envelope
	register   chan *Client
	unregister chan *Client
}

func (h *Hub) run() {
	for {
		select {
		case client := <-h.register:
			if h.rooms[client.room] == nil {
				h.rooms[client.room] = make(map[*Client]bool)
			}
			h.rooms[client.room][client] = true
		case client := <-h.unregister:
			if h.rooms[client.room][client] {
				delete(h.rooms[client.room], client)
				close(client.send)
			}
		case envelope := <-h.broadcast:
			for client := range h.rooms[envelope.room] {
				select {
				case client.send <- envelope.text:
				default:
					close(client.send)
					delete(h.rooms[envelope.room], client)
				}
			}
		}
	}
}

// Client is a middleman between the websocket connection and the hub.
type Client struct {
	hub      *Hub
	conn     *websocket.Conn
	send     chan []byte
	username string
	room     string
}

func (c *Client) readPump() {
	defer func() {
		c.hub.unregister <- c
		c.conn.Close()
	}()
	c.conn.SetReadLimit(maxMessageSize)
	c.conn.SetReadDeadline(time.Now().Add(pongWait))
	c.conn.SetPongHandler(func(string) error {
		return c.conn.SetReadDeadline(time.Now().Add(pongWait))
	})
	for {
		_, data, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		var said command
		if json.Unmarshal(data, &said) != nil {
			continue
		}
		c.hub.broadcast <- envelope{c.room, stamp(c.username, c.room, said.Content)}
	}
}

func stamp(username, room, content string) []byte {
	now := time.Now().UTC()
	text, _ := json.Marshal(message{
		Type:      "chat",
		Username:  username,
		Content:   content,
		Timestamp: now.Format("2006-01-02T15:04:05.000Z"),
		ID:        fmt.Sprintf("%010X%016X", now.UnixMilli()&0xffffffffff, atomic.AddUint64(&count, 1)),
		Room:      room,
	})
	return text
}

func (c *Client) writePump() {
	ticker := time.NewTicker(pingPeriod)
	defer func() {
		ticker.Stop()
		c.conn.Close()
	}()
	for {
		select {
		case text, ok := <-c.send:
			c.conn.SetWriteDeadline(time.Now().Add(writeWait))
			if !ok {
				c.conn.WriteMessage(websocket.CloseMessage, []byte{})
				return
			}
			if err := c.write(text); err != nil {
				return
			}
		case <-ticker.C:
			c.conn.SetWriteDeadline(time.Now().Add(writeWait))
			if err := c.conn.WriteMessage(websocket.PingMessage, nil); err != nil {
				return
			}
		}
	}
}

func (c *Client) write(text []byte) error {
	if !*batch {
		return c.conn.WriteMessage(websocket.TextMessage, text)
	}
	w, err := c.conn.NextWriter(websocket.TextMessage)
	if err != nil {
		return err
	}
	w.Write(text)
	for n := len(c.send); n > 0; n-- {
		w.Write(newline)
		w.Write(<-c.send)
	}
	return w.Close()
}

func serveWs(hub *Hub, w http.ResponseWriter, r *http.Request) {
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	query := r.URL.Query()
	client := &Client{
		hub:      hub,
		conn:     conn,
		send:     make(chan []byte, 256),
		username: query.Get("username"),
		room:     query.Get("room"),
	}
	client.hub.register <- client
	go client.writePump()
	go client.readPump()
}

func main() {
	flag.Parse()
	hub := &Hub{
		rooms:      make(map[string]map[*Client]bool),
		broadcast:  make(chan envelope),
		register:   make(chan *Client),
		unregister: make(chan *Client),
	}
	go hub.run()
	http.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) { serveWs(hub, w, r) })
	log.Fatal(http.ListenAndServe(*addr, nil))
}
