// The official Go SDK, as a program that does what it is told: see ../../run-program.mjs.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type step struct {
	Column   string         `json:"column"`
	Tool     string         `json:"tool"`
	Args     map[string]any `json:"args"`
	Restart  bool           `json:"restart"`
	CancelMs int            `json:"cancelMs"`
}

type plan struct {
	URL     string            `json:"url"`
	Token   string            `json:"token"`
	Command string            `json:"command"`
	Args    []string          `json:"args"`
	Env     map[string]string `json:"env"`
	Steps   []step            `json:"steps"`
}

type bearer struct{ token string }

func (b bearer) RoundTrip(request *http.Request) (*http.Response, error) {
	copied := request.Clone(request.Context())
	copied.Header.Set("Authorization", "Bearer "+b.token)
	return http.DefaultTransport.RoundTrip(copied)
}

func say(value any) {
	text, _ := json.Marshal(value)
	fmt.Println(string(text))
}

func transport(p plan) mcp.Transport {
	if p.URL != "" {
		return &mcp.StreamableClientTransport{Endpoint: p.URL, HTTPClient: &http.Client{Transport: bearer{p.Token}}}
	}
	command := exec.Command(p.Command, p.Args...)
	for name, value := range p.Env {
		command.Env = append(command.Env, name+"="+value)
	}
	return &mcp.CommandTransport{Command: command}
}

func call(session *mcp.ClientSession, s step) string {
	ctx := context.Background()
	if s.CancelMs > 0 {
		limited, cancel := context.WithTimeout(ctx, time.Duration(s.CancelMs)*time.Millisecond)
		defer cancel()
		ctx = limited
	}
	result, err := session.CallTool(ctx, &mcp.CallToolParams{Name: s.Tool, Arguments: s.Args})
	if err != nil {
		return err.Error()
	}
	text, _ := json.Marshal(result)
	return string(text)
}

func main() {
	var p plan
	if err := json.Unmarshal([]byte(os.Args[1]), &p); err != nil {
		panic(err)
	}
	input := bufio.NewReader(os.Stdin)
	client := mcp.NewClient(&mcp.Implementation{Name: "go", Version: "1"}, nil)
	session, err := client.Connect(context.Background(), transport(p), nil)
	if err != nil {
		panic(err)
	}
	for _, s := range p.Steps {
		if s.Restart {
			say(map[string]bool{"restart": true})
			_, _ = input.ReadString('\n')
		}
		say(map[string]string{"column": s.Column, "text": call(session, s)})
	}
	_ = session.Close()
}
