package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/kubernetes"
)

// runCoreDNS is CoreDNS with the plugins that a test cluster needs: the stock list brings the kits of three clouds.
func runCoreDNS() {
	dnsserver.Directives = []string{"bind", "health", "errors", "cache", "kubernetes"}
	coremain.Run()
}
