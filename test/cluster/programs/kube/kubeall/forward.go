package main

import (
	"io"
	"log"
	"net"
	"os"
	"strings"
)

// runForward copies connections to LISTEN on to DIAL; an address with a slash is a Unix socket's path. Such a path is seen from every network
// namespace, so two forwarders carry a port out of a namespace that has no uplink.
func runForward() {
	if len(os.Args) != 3 {
		log.Fatal("usage: forward LISTEN DIAL")
	}
	listen, dial := os.Args[1], os.Args[2]
	listener, err := net.Listen(network(listen), listen)
	if err != nil {
		log.Fatal(err)
	}
	for {
		from, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go forward(from, dial)
	}
}

func network(address string) string {
	if strings.Contains(address, "/") {
		return "unix"
	}
	return "tcp"
}

func forward(from net.Conn, dial string) {
	defer from.Close()
	to, err := net.Dial(network(dial), dial)
	if err != nil {
		log.Print(err)
		return
	}
	defer to.Close()
	go func() {
		io.Copy(to, from)
		to.(interface{ CloseWrite() error }).CloseWrite()
	}()
	io.Copy(from, to)
}
