// Package netpol enforces NetworkPolicy on a single node with nftables: IPv4, the whole table replaced in one transaction on any change.
// What it writes is in rules.go.
package netpol

import (
	"context"
	"flag"
	"log"
	"os/exec"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

const tryAgain = time.Second

// Main follows pods, namespaces and policies until it is ended.
func Main() {
	kubeconfig := flag.String("kubeconfig", "", "how to reach the API server")
	flag.Parse()
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		log.Fatal(err)
	}
	factory := informers.NewSharedInformerFactory(kubernetes.NewForConfigOrDie(config), 0)
	changed := make(chan struct{}, 1)
	look := func() {
		select {
		case changed <- struct{}{}:
		default: // a look is due already
		}
	}
	onAny := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { look() },
		UpdateFunc: func(any, any) { look() },
		DeleteFunc: func(any) { look() },
	}
	pods, namespaces, policies := factory.Core().V1().Pods(), factory.Core().V1().Namespaces(), factory.Networking().V1().NetworkPolicies()
	for _, informer := range []cache.SharedIndexInformer{pods.Informer(), namespaces.Informer(), policies.Informer()} {
		informer.AddEventHandler(onAny)
	}
	ctx := context.Background()
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	look()
	inForce := ""
	for range changed {
		var seen world
		seen.pods, _ = pods.Lister().List(labels.Everything())
		seen.namespaces, _ = namespaces.Lister().List(labels.Everything())
		seen.policies, _ = policies.Lister().List(labels.Everything())
		table := seen.table()
		if table == inForce {
			continue
		}
		nft := exec.Command("nft", "-f", "-")
		nft.Stdin = strings.NewReader("add table inet netpol\ndelete table inet netpol\n" + table)
		if said, err := nft.CombinedOutput(); err != nil {
			log.Printf("nft: %v: %s\n%s", err, said, table)
			time.AfterFunc(tryAgain, look)
			continue
		}
		inForce = table
	}
}
