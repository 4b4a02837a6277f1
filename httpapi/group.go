package httpapi

import (
	"context"
	"slices"

	"github.com/outcry-dev/outcry/protocol"
)

// memberList is the answer of /groups/{group}/users.
type memberList struct {
	Group string   `json:"group"`
	Users []string `json:"users"`
	Count int      `json:"count"`
	Next  string   `json:"next,omitzero"`
}

func (a *API) listMembers(ctx context.Context, rq *request) (reply, error) {
	group := rq.PathValue("group")
	if err := checkName(group, "the group in the path"); err != nil {
		return reply{}, err
	}
	p, err := page(rq.query)
	if err != nil {
		return reply{}, err
	}
	all, err := a.cfg.Node.GroupUsers(ctx, group)
	if err != nil {
		return reply{}, err
	}
	users := cut(all, p, itself)
	return ok(memberList{group, users, len(all), next(users, p, itself)}), nil
}

// membership is the answer for one user of a group.
type membership struct {
	Group  string `json:"group"`
	UserID string `json:"user_id"`
	Member bool   `json:"member"`
}

func (a *API) showMember(ctx context.Context, rq *request) (reply, error) {
	group, user, err := memberPath(rq)
	if err != nil {
		return reply{}, err
	}
	users, err := a.cfg.Node.GroupUsers(ctx, group)
	if err != nil {
		return reply{}, err
	}
	if _, found := slices.BinarySearch(users, user); !found {
		return reply{}, protocol.Errorf(protocol.CodeNotFound, "the user is not in the group, as far as this node knows")
	}
	return ok(membership{group, user, true}), nil
}

// grouped is the answer to a change of a group.
type grouped struct {
	Success bool   `json:"success"`
	Group   string `json:"group"`
	UserID  string `json:"user_id"`
}

func (a *API) addMember(ctx context.Context, rq *request) (reply, error) {
	return regroup(ctx, rq, a.cfg.Node.AddToGroup)
}

func (a *API) removeMember(ctx context.Context, rq *request) (reply, error) {
	return regroup(ctx, rq, a.cfg.Node.RemoveFromGroup)
}

// regroup makes a change that may be repeated.
func regroup(ctx context.Context, rq *request, do func(ctx context.Context, group, user string) error) (reply, error) {
	group, user, err := memberPath(rq)
	if err != nil {
		return reply{}, err
	}
	if err := do(ctx, group, user); err != nil {
		return reply{}, err
	}
	return ok(grouped{true, group, user}), nil
}

// memberPath reads the group and the user of a request.
func memberPath(rq *request) (group, user string, err error) {
	group, user = rq.PathValue("group"), rq.PathValue("user")
	if err := checkName(group, "the group in the path"); err != nil {
		return "", "", err
	}
	return group, user, checkName(user, "the user in the path")
}
