"""People: one's own profile, and everybody's for operators and admins."""

from flask import Blueprint

from appliance.crud.accounts import users as users_crud
from appliance.database import writing
from appliance.routers.api import context, credentials
from appliance.routers.api.endpoints import Access, endpoint
from appliance.routers.api.paging import page
from appliance.schemas import (
    PasswordChange,
    ProfilePatch,
    User,
    UserPage,
    UserPatch,
    UserQuery,
)
from appliance.services.accounts import users
from appliance.services.accounts.rate_limit import Rate

blueprint = Blueprint("users", __name__)

_PASSWORD_TRIES = Rate(burst=10, seconds=30)  # who finds an open session may not guess on


@blueprint.get("/users/me")
@endpoint(Access.MEMBER, response=User)
def show_me() -> User:
    """Your profile."""
    return User.model_validate(credentials.caller())


@blueprint.patch("/users/me")
@endpoint(Access.MEMBER, body=ProfilePatch, response=User)
def change_me(body: ProfilePatch) -> User:
    """Change your name or language."""
    user_id = credentials.caller().id
    with writing(context.session()) as session:
        user = users.update_profile(session, user_id, body.name, body.language)
        return User.model_validate(user)


@blueprint.post("/users/me/password")
@endpoint(Access.MEMBER, body=PasswordChange, status=204, errors=(429,))
def change_my_password(body: PasswordChange) -> None:
    """Change your password, which ends your other sessions."""
    user_id = credentials.caller().id
    users.validate_password(body.new_password, "new_password")
    context.context().limiter.take(("password", user_id), _PASSWORD_TRIES)
    users.check_own_password(context.session(), user_id, body.current_password)
    password_hash = users.hash_password(body.new_password)
    with writing(context.session()) as session:
        user = users.set_password(session, user_id, password_hash)
    credentials.begin(user)


@blueprint.get("/users")
@endpoint(Access.OPERATOR, query=UserQuery, response=UserPage)
def list_users(query: UserQuery) -> UserPage:
    """People with an account, the newest first."""
    session = context.session()
    rows, cursor = page(
        "users",
        query,
        lambda limit, before: users_crud.list_page(
            session, limit, before, query.q, query.reachable
        ),
        lambda user: user.id,
    )
    return UserPage(items=[User.model_validate(user) for user in rows], next_cursor=cursor)


@blueprint.get("/users/<id:user_id>")
@endpoint(Access.OPERATOR, response=User, errors=(404,))
def show_user(user_id: int) -> User:
    """One person."""
    return User.model_validate(users_crud.get(context.session(), user_id))


@blueprint.patch("/users/<id:user_id>")
@endpoint(Access.ADMIN, body=UserPatch, response=User, errors=(404, 409))
def change_user(user_id: int, body: UserPatch) -> User:
    """Change a person's role, or disable the account, which ends its sessions."""
    actor_id = credentials.caller().id
    with writing(context.session()) as session:
        user = users.update_access(session, user_id, actor_id, body.role, body.disabled)
        return User.model_validate(user)
